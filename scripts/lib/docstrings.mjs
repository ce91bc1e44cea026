// What a docstring has to say, as rules that a machine can hold against every name that a package exports:
//   1. every name has a description;
//   2. a function that takes or gives tensors says their shapes: `[batch, classes]`, or in words (shape, scalar, element-wise);
//   3. a function in whose body something is thrown has `@throws` (or a sentence, "Throws DataError ..."); so does one that calls such a function of its own file;
//   4. what implements a formula of the field (capsules, losses, optimisers) names its source: a year and an equation, section or table.
// A name that is declared with a named type of function, `export const add: Binary`, inherits what that type's docstring says.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';

/** @typedef {{ file: string, line: number, name: string, problem: string }} Finding */

/** Files whose exported functions implement published formulas. */
const published = /\/packages\/(capsules\/src\/(capsules|losses)|autograd\/src\/optimizers)\//;
const shapeWords = /\[[^\]]*\]|\bshapes?\b|\bscalars?\b|element|broadcast|\btrees?\b/i;
const throwsWords = /@throws|\bthrows an? \w*Error|\bThrows `?\w*Error/;
const source = /\b(19|20)\d\d\b/;
const place = /\b(eq\.|equations?|sections?|algorithm|procedure|table|figure|chapter)|published code/i;

/**
 * The source files behind the entries of all packages: what their `exports` name under the condition `@capsnet/source`.
 * @param {string} root
 * @returns {string[]}
 */
export function packageEntries(root) {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((name) => {
      const file = join(root, group, name, 'package.json');
      if (!existsSync(file)) return [];
      const { exports = {} } = JSON.parse(readFileSync(file, 'utf8'));
      return Object.values(exports)
        .map((entry) => entry['@capsnet/source'])
        .filter((path) => path?.endsWith('.ts'))
        .map((path) => join(root, group, name, path));
    }),
  );
}

/**
 * All findings for the entries of packages.
 * @param {readonly string[]} entries absolute paths of the files that packages export
 * @param {string} root findings name their files from here
 * @returns {Finding[]}
 */
export function docstringFindings(entries, root) {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.check.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root, { types: [] });
  // Names of the browser and of Node need not be known to read docstrings, and take most of the time.
  options.lib = ['lib.es2023.d.ts'];
  const program = ts.createProgram({ rootNames: [...entries], options });
  const checker = program.getTypeChecker();
  /** @type {Finding[]} */
  const findings = [];
  /** @type {Set<ts.Symbol>} */
  const seen = new Set();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(/** @type {ts.SourceFile} */ (program.getSourceFile(entry)));
    if (module) visit(module, '');
  }
  return findings;

  /** @param {ts.Symbol} module @param {string} prefix */
  function visit(module, prefix) {
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const name = `${prefix}${exported.name}`;
      if (seen.has(symbol)) continue;
      seen.add(symbol);
      if (symbol.flags & ts.SymbolFlags.ValueModule) visit(symbol, `${name}.`);
      else check(symbol, name);
    }
  }

  /** @param {ts.Symbol} symbol @param {string} name */
  function check(symbol, name) {
    const declaration = symbol.declarations?.[0];
    if (!declaration || declaration.getSourceFile().fileName.includes('/node_modules/')) return;
    const file = declaration.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
    /** @param {string} problem */
    const report = (problem) =>
      findings.push({ file: relative(root, file.fileName), line: line + 1, name, problem });
    const own = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
    if (own === '') report('has no description');

    const callable = declaredFunction(declaration);
    if (!callable) return;
    const tags = symbol.getJsDocTags(checker);
    const all = [own, tagText(tags), inherited(declaration)].join('\n');
    if (own !== '' && mentionsTensor(symbol, declaration) && !shapeWords.test(all))
      report('says nothing of the shapes of its tensors');
    if (!throwsWords.test(all) && throws(callable)) report('throws, but has no @throws');
    if (published.test(file.fileName) && !(source.test(all) && place.test(all)))
      report('names no source: paper with year, and equation, section or table');
  }

  /** @param {readonly ts.JSDocTagInfo[]} tags */
  function tagText(tags) {
    return tags.map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`).join('\n');
  }

  /** What the docstring of the declared type says: `export const add: Binary = ...`. @param {ts.Declaration} declaration */
  function inherited(declaration) {
    const type = checker.getTypeAtLocation(declaration);
    const symbol = type.aliasSymbol ?? type.symbol;
    if (!symbol) return '';
    return `${ts.displayPartsToString(symbol.getDocumentationComment(checker))}\n${tagText(symbol.getJsDocTags(checker))}`;
  }

  /**
   * The code of an exported function: its declaration, or what a constant starts as when its type can be called.
   * @param {ts.Declaration} declaration
   * @returns {ts.Node | undefined}
   */
  function declaredFunction(declaration) {
    if (ts.isFunctionDeclaration(declaration)) {
      // Of overloads, the one with a body.
      const symbol = declaration.name && checker.getSymbolAtLocation(declaration.name);
      return symbol?.declarations?.find((each) => ts.isFunctionDeclaration(each) && each.body) ?? declaration;
    }
    if (!ts.isVariableDeclaration(declaration)) return undefined;
    return checker.getTypeAtLocation(declaration).getCallSignatures().length > 0
      ? declaration.initializer
      : undefined;
  }

  /** Whether a parameter or the result is a tensor or a tree of tensors. @param {ts.Symbol} symbol @param {ts.Declaration} declaration */
  function mentionsTensor(symbol, declaration) {
    return checker
      .getTypeOfSymbolAtLocation(symbol, declaration)
      .getCallSignatures()
      .some((signature) =>
        [
          checker.getReturnTypeOfSignature(signature),
          ...signature.getParameters().map((each) => checker.getTypeOfSymbolAtLocation(each, declaration)),
        ].some((type) => /\bTensor\b/.test(checker.typeToString(type))),
      );
  }

  /**
   * Whether running this code may throw by a statement in it, or in a function of the same file that it calls.
   * @param {ts.Node} code
   * @param {Set<ts.Node>} [visited]
   * @returns {boolean}
   */
  function throws(code, visited = new Set()) {
    if (visited.has(code)) return false;
    visited.add(code);
    /** @param {ts.Node} node @returns {boolean} */
    const within = (node) => {
      if (ts.isThrowStatement(node)) return true;
      if (ts.isCallExpression(node)) {
        const called = checker.getSymbolAtLocation(node.expression);
        for (const declaration of called?.declarations ?? []) {
          if (declaration.getSourceFile() !== code.getSourceFile()) continue;
          const body = declaredFunction(declaration);
          if (body && throws(body, visited)) return true;
        }
      }
      return ts.forEachChild(node, (child) => within(child) || undefined) ?? false;
    };
    return within(code);
  }
}
