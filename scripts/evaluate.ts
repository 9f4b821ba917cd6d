import { main } from '../src/cli/evaluate';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
