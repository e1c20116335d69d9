import type { ReviewDetail, ReviewRow } from '../db/problems/reviewQueries';
import type { RecordRef } from '../domain/record';

/** Members of a cluster that are named in a list. */
const namedMax = 5;

/** One question: what it is about, then the reason in plain words. */
export function reviewText({
  reviewId,
  kind,
  objectType,
  parts,
  records,
  reason,
  decision,
}: ReviewRow): string {
  const clusters = parts.length > 0 ? parts : [records];
  const about = clusters.map((part) => `      ${named(part)}`).join('\n');
  const decided = decision ? ` (decided: ${decision})` : '';
  return `#${reviewId} ${kind} ${objectType}${decided}\n    ${reason}\n${about}`;
}

/** One question with the values of its records, for the person who decides. */
export function reviewDetailText(review: ReviewDetail): string {
  const { parts, decisions, goldenIds } = review;
  const lines = [reviewText(review)];
  parts.forEach((part, index) => {
    for (const record of part) {
      const values = Object.entries(record.fields)
        .map(([property, { value }]) => `    ${property}: ${value}`)
        .join('\n');
      lines.push(`\n  ${index + 1}. ${nameOf(record)}\n${values === '' ? '    (no values)' : values}`);
    }
  });
  if (goldenIds.length > 0) lines.push(`\n  golden records: ${goldenIds.join(', ')}`);
  for (const { how, who, note, decidedAt, inForce } of decisions) {
    const state = inForce ? '' : ' (no longer in force)';
    lines.push(`  ${decidedAt.toISOString()} ${who}: ${[how, note].filter(Boolean).join(', ')}${state}`);
  }
  return lines.join('\n');
}

function named(part: RecordRef[]): string {
  const more = part.length > namedMax ? ` … and ${part.length - namedMax} more` : '';
  return part.slice(0, namedMax).map(nameOf).join(' = ') + more;
}

function nameOf({ source, stream, key }: RecordRef): string {
  return source === 'hubspot' ? `HubSpot ${key}` : `${source}.${stream} ${key}`;
}
