import { main } from '../benchmarks/main';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
