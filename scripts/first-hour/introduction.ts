/** The top of the page. */
export const introduction = `
# The first hour

Three people meet lbx: one [runs it on nodes](#you-run-it-on-nodes), one [writes an agent or a CNI](#you-write-an-agent-or-a-cni), one
[tests such a thing](#you-test-one). Each begins in an empty folder.

**This page is written by a program.** \`npm run docs -- first-hour\` types the commands below into a shell and writes down what they print; nothing is edited
by hand, and \`npm run check -- 'first hour'\` plays the hour again and compares the first line that each command prints, and
its exit code. What is another one each time is replaced by "…":
how long something took, times of day, ids of processes and programs, source ports that the node chose; the home folder is \`~\`. A line \`(exit code 1)\` is added where a
command did not end with 0.

Nothing of lbx is on npm yet. So the packages were packed in a checkout (\`pnpm pack\`) into \`~/packages\`, and are installed from there; once they
are published, that is \`npm install @lbx/cli\`, \`npm install @lbx/core @lbx/k8s-sync\` and \`npm install --save-dev @lbx/maps vitest\`. npm may say that it did not run the
install script of koffi: it does not have to. All runs as root on the machine that the doctor describes.
`;
