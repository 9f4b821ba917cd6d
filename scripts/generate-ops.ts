// Writes the generated files of src/native from the schemas of the operators the addon binds; `--check` compares them instead.
import { generate } from '../src/native/generate-ops';

const HELP = `Usage: npm run generate:ops [-- --check]

Writes src/native/*.generated.ts from the schemas of the operators that the addon binds; --check compares them instead.`;

if (process.argv.includes('--help')) console.log(HELP);
else process.exitCode = generate(process.argv.includes('--check'));
