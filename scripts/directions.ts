import { main } from '../src/cli/directions';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
