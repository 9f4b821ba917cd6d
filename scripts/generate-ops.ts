// Writes src/native/ops.generated.ts from the schemas of the operators the addon binds; `--check` compares instead.
import { generate } from '../src/native/generate-ops';

process.exitCode = generate(process.argv.includes('--check'));
