import { main } from '../src/cli/setup';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
