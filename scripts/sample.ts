import { main } from '../src/cli/sample';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
