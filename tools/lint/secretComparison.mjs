/** What names a secret, or a digest or signature made with one. */
const secretName =
  /(?:secret|signature|digest|hmac|password|token|apikey|clientkey)(?:s|hash|hex|text|base64|bytes|value)?$/i;
/** Calls whose result is one. */
const secretCall = new Set(['digest', 'reveal']);
/** Calls that hand on what they are called on. */
const passing = new Set(['toString', 'trim', 'toLowerCase', 'toUpperCase', 'slice', 'normalize']);
/** Ways to compare that end at the first difference. */
const comparing = new Set([
  'equals',
  'compare',
  'localeCompare',
  'startsWith',
  'endsWith',
  'includes',
  'indexOf',
]);
const operators = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>=']);

/** Whether an expression is, by its name or its making, a secret, a digest or a signature. */
function isSecret(node) {
  switch (node?.type) {
    case 'Identifier':
      return secretName.test(node.name);
    case 'MemberExpression':
      return secretName.test(node.computed ? String(node.property.value ?? '') : node.property.name);
    case 'CallExpression':
      return isSecretCall(node);
    case 'AwaitExpression':
      return isSecret(node.argument);
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return isSecret(node.expression);
    default:
      return false;
  }
}

function isSecretCall({ callee, arguments: given }) {
  if (callee.type !== 'MemberExpression') return false;
  const name = callee.property.name;
  if (secretCall.has(name)) return true;
  if (name === 'from' && callee.object.name === 'Buffer') return isSecret(given[0]);
  return passing.has(name) && isSecret(callee.object);
}

/** Whether it is there at all may be asked, and of which type it is. */
function isPresence(node) {
  if (node.type === 'Literal')
    return node.value === null || node.value === '' || typeof node.value === 'boolean';
  return node.type === 'Identifier' && node.name === 'undefined';
}

/** Secrets, digests and signatures are compared by `timingSafeEqual` only (src/hubspot/signature.ts, `equalText`). */
export const secretComparison = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      compared:
        'A secret, digest or signature is compared by timingSafeEqual on equal lengths (`equalText`) only.',
    },
  },
  create(context) {
    const report = (node) => context.report({ node, messageId: 'compared' });
    return {
      BinaryExpression(node) {
        if (!operators.has(node.operator) || isPresence(node.left) || isPresence(node.right)) return;
        if (isSecret(node.left) || isSecret(node.right)) report(node);
      },
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || !comparing.has(callee.property.name)) return;
        if (isSecret(callee.object) || node.arguments.some(isSecret)) report(node);
      },
      SwitchStatement(node) {
        if (isSecret(node.discriminant)) report(node);
      },
    };
  },
};
