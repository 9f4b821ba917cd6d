import { main } from '../src/cli/invert';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
