/** An association type that the portal has in one direction. */
export interface LabelDefinition {
  category: string;
  typeId: number;
  label: string | null;
}

export type AssociationTypes = { ok: true; types: string[] } | { ok: false; unknown: string };

/**
 * The association types of configured labels, as 'CATEGORY:typeId'. No label means the unlabelled type. Type ids are
 * read from the portal, never written down: custom ones differ per portal, and direction matters (facts §5).
 */
export function associationTypes(labels: string[], definitions: LabelDefinition[]): AssociationTypes {
  if (labels.length === 0) {
    const plain = definitions.find(({ label }) => label === null || label === '');
    return plain ? { ok: true, types: [typeText(plain)] } : { ok: false, unknown: '(unlabelled)' };
  }
  const types: string[] = [];
  for (const wanted of labels) {
    const definition = definitions.find(({ label }) => label?.toLowerCase() === wanted.toLowerCase());
    if (!definition) return { ok: false, unknown: wanted };
    types.push(typeText(definition));
  }
  return { ok: true, types };
}

function typeText({ category, typeId }: LabelDefinition): string {
  return `${category}:${typeId}`;
}

/** The inverse of the text form. */
export function parseType(text: string): { category: string; typeId: number } {
  const at = text.lastIndexOf(':');
  return { category: text.slice(0, at), typeId: Number(text.slice(at + 1)) };
}
