const seq=process.argv.slice(2); const out=[];
for (const s of seq){const t=performance.now(); if (s.startsWith('node:')) process.getBuiltinModule(s); else await import(s); out.push(s.split('/').slice(-3).join('/')+' '+(performance.now()-t).toFixed(1));}
console.log(out.join(', '));
