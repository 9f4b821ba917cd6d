import { main } from '../src/cli/apply';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
