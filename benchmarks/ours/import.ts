// From nothing loaded to the first result: the package as it is published, without the start of Node itself.
const start = performance.now();
const { ones } = require(process.argv[2]);
ones([8]).add(1);
const firstOp = performance.now() - start;
console.log(JSON.stringify({ figures: { firstOp } }));
