import { main } from '../src/cli/doctor';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
