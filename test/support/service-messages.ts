// Every sentence that the service can say to a person, read from its sources: errors, advice, notices, warnings, reasons.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from './resources.ts';

const wanted = /^(message|advice|reason)$/;
// What only developers and the command line see.
const leftOut = /^(host\/command-line|host\/install-cuda|host\/cli|exports\/run-record)/;

/** Templates with `{}` where a value stands, e.g. `Expected {} for {}, received {}.`; each once, sorted. */
export function serviceMessages(): string[] {
  const root = join(repository, 'src-main');
  const found = new Set<string>();
  for (const file of globSync('**/*.ts', { cwd: root })) {
    if (leftOut.test(file)) continue;
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
    visit(source, found);
  }
  return [...found].filter(isSentence).sort();
}

function visit(node: ts.Node, found: Set<string>): void {
  if (ts.isNewExpression(node) && node.expression.getText() === 'PinholeError') {
    for (const argument of (node.arguments ?? []).slice(1, 3)) collect(argument, found);
  } else if (
    (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) &&
    wanted.test(node.name.getText()) &&
    node.initializer
  ) {
    collect(node.initializer, found);
  } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    if (wanted.test(node.left.getText())) collect(node.right, found);
  }
  // Why a device was taken is their last argument.
  if (ts.isCallExpression(node) && /^(cpuChoice|choice)$/.test(node.expression.getText())) {
    collect(node.arguments.at(-1)!, found);
  }
  ts.forEachChild(node, (child) => visit(child, found));
}

/** Literals of an expression, both branches of a choice included. */
function collect(node: ts.Expression, found: Set<string>): void {
  if (ts.isStringLiteralLike(node)) found.add(node.text);
  else if (ts.isTemplateExpression(node)) {
    found.add([node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('{}'));
  } else if (ts.isConditionalExpression(node)) {
    collect(node.whenTrue, found);
    collect(node.whenFalse, found);
  } else if (ts.isParenthesizedExpression(node)) collect(node.expression, found);
}

/** Faults of Pinhole itself are shown as they are. */
function isSentence(text: string): boolean {
  return /[a-z] /.test(text) && !text.startsWith('internal:');
}
