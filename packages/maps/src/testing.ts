/** For tests of tables and of what is built on them. Needs no test framework: its functions are given. */
export { type MakeTable, type TestFunctions, tableCompliance } from './tables/table-compliance.ts';
