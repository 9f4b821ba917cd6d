import { main } from '../src/cli/score';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
