import { main } from '../src/cli/train';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
