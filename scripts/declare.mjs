// Writes the types of `cdk-tunnel-token-rotator/connect`: declarations of source/library.ts and of what it leads to, and of nothing else
// of the connector. The compiler makes them, so they cannot differ from the code.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const from = join(root, 'source');
const to = join(root, 'assets', 'connect');
const entry = join(from, 'library.ts');

const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config, ts.sys, root);
const program = ts.createProgram([entry], { ...options, types: ['node'], noEmit: false, declaration: true, emitDeclarationOnly: true });

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
const written = new Set();
declare(entry);
console.log(`assets/connect ${[...written].map((path) => relative(from, path).replace('.ts', '')).join(', ')}`);

/** This file, then every file of ours that its declarations mention. */
function declare(path) {
  if (written.has(path)) return;
  written.add(path);
  const { emitSkipped, diagnostics } = program.emit(program.getSourceFile(path), (_, text) => {
    writeFileSync(join(to, relative(from, path).replace(/\.ts$/, '.d.ts')), text);
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith('./')) throw new Error(`${relative(root, path)} has '${fileName}' in its types, which a consumer may not have`);
      declare(`${join(dirname(path), fileName)}.ts`);
    }
  }, undefined, true);
  if (emitSkipped || diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
}
