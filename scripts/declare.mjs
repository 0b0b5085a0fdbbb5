// Writes the types of a package that is published: declarations of its library.ts and of what that leads to, and of nothing else.
// The compiler makes them, so they cannot differ from the code.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config, ts.sys, root);

for (const folder of ['connector', 'local-cloud']) declareLibrary(join(root, folder));

function declareLibrary(from) {
  const to = join(from, 'dist', 'types');
  const entry = join(from, 'library.ts');
  const settings = { ...options, types: ['node'], noEmit: false, declaration: true, emitDeclarationOnly: true };
  const program = ts.createProgram([entry, join(root, 'local-cloud', 'dynalite.d.ts')], settings);
  rmSync(to, { recursive: true, force: true });
  const written = new Set();
  declare(entry);
  console.log(`${relative(root, to)} ${written.size} files`);

  /** This file, then every file of ours that its declarations mention. */
  function declare(path) {
    if (written.has(path)) return;
    written.add(path);
    const { emitSkipped, diagnostics } = program.emit(program.getSourceFile(path), (_, text) => {
      const file = join(to, relative(root, path).replace(/\.ts$/, '.d.ts'));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      for (const { fileName } of ts.preProcessFile(text).importedFiles) {
        if (fileName.startsWith('node:')) continue;
        const imported = `${join(dirname(path), fileName)}.ts`;
        if (!fileName.startsWith('.')) {
          throw new Error(`${relative(root, path)} has '${fileName}' in its types, which a consumer may not have`);
        }
        declare(imported);
      }
    }, undefined, true);
    if (emitSkipped || diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  }
}
