import { main } from '../src/cli/serve';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
