import { builtinModules } from 'node:module';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whyRefused } from './importTable.mjs';
import { secretComparison } from './secretComparison.mjs';

const source = resolve(fileURLToPath(import.meta.url), '../../../src');
const builtins = new Set(builtinModules);

/** Path below src with forward slashes, or undefined when the file is elsewhere. */
function belowSource(path) {
  const below = relative(source, path);
  return below.startsWith('..') || below === '' ? undefined : below.split(sep).join('/');
}

/** What a module specifier means: a module of src, an npm package or a module of Node. */
function meaningOf(specifier, file) {
  if (/^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..') {
    const module = belowSource(resolve(dirname(file), specifier))?.replace(/\.(?:[cm]?[jt]s|json)$/, '');
    return { module: module?.replace(/\/index$/, '') };
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (specifier.startsWith('node:') || builtins.has(name)) return { node: specifier };
  return { package: name };
}

/** Refuses imports that the table of DESIGN §7 does not allow, however they are written. */
const importTable = {
  meta: { type: 'problem', schema: [], messages: { refused: '{{why}}.' } },
  create(context) {
    const below = belowSource(context.filename);
    if (below === undefined) return {};
    const folder = below.includes('/') ? below.split('/')[0] : below;
    const check = (node, specifier, onlyTypes) => {
      if (typeof specifier !== 'string') return;
      const what = meaningOf(specifier, context.filename);
      const outside = 'module' in what && what.module === undefined;
      const why = outside ? `src/${folder} may not import outside src` : whyRefused(folder, what, onlyTypes);
      if (why) context.report({ node, messageId: 'refused', data: { why } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value, node.importKind === 'type'),
      ExportNamedDeclaration: (node) =>
        node.source && check(node, node.source.value, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source.value, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source.value, false),
      TSImportType: (node) => check(node, node.source?.value ?? node.argument?.literal?.value, true),
      TSExternalModuleReference: (node) => check(node, node.expression.value, false),
      'CallExpression[callee.name="require"]': (node) => check(node, node.arguments[0]?.value, false),
      'CallExpression[callee.object.name="require"]': (node) => check(node, node.arguments[0]?.value, false),
    };
  },
};

/** A file above 300 lines needs a comment at its head with the words `Reason for length:`. */
const fileLength = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { long: '{{lines}} lines, at most {{max}} without `Reason for length:`.' },
  },
  create(context) {
    const max = 300;
    return {
      Program(node) {
        const { lines } = context.sourceCode;
        const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
        const excused = context.sourceCode
          .getAllComments()
          .some(({ loc, value }) => loc.start.line <= 10 && /Reason for length: \S/.test(value));
        if (count > max && !excused) {
          context.report({ node, messageId: 'long', data: { lines: String(count), max: String(max) } });
        }
      },
    };
  },
};

const emptyNames = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'service',
  'manager',
  'base',
  'types',
]);

/** Files are camelCase and named by what they hold; a name that says nothing is refused, for folders too. */
const fileName = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { empty: '`{{name}}` says nothing.', shape: '`{{name}}` is not camelCase.' },
  },
  create(context) {
    return {
      Program(node) {
        const name = basename(context.filename).split('.')[0];
        const below = belowSource(context.filename);
        const folders = below === undefined ? [] : below.split('/').slice(0, -1);
        for (const part of [name, ...folders]) {
          if (emptyNames.has(part)) context.report({ node, messageId: 'empty', data: { name: part } });
          if (!/^[a-z][a-zA-Z0-9]*$/.test(part))
            context.report({ node, messageId: 'shape', data: { name: part } });
        }
      },
    };
  },
};

export const houseRules = {
  rules: {
    'import-table': importTable,
    'file-length': fileLength,
    'file-name': fileName,
    'secret-comparison': secretComparison,
  },
};
