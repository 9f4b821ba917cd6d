import { main } from '../src/cli/import';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
