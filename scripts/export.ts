import { main } from '../src/cli/export';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
