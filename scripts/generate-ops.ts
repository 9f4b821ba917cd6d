// Writes the generated files of src/native from the schemas of the operators the addon binds; `--check` compares them instead.
import { generate } from '../src/native/generate-ops';

process.exitCode = generate(process.argv.includes('--check'));
