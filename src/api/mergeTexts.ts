/** The metrics of another process, in Prometheus' text format; null when it did not answer. */
export interface ProcessText {
  process: string;
  text: string | null;
}

/** `name{labels} value`, `# HELP name …`, `# TYPE name …`. */
const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (.+)$/;
const aboutLine = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) /;

interface Family {
  about: Map<string, string>;
  samples: string[];
}

/**
 * Joins the metrics of several processes in one text: every family once, as the format wants it, with a label
 * `process` at the samples of the others. Lines that are no metrics are left out.
 * @param own text of this process, whose samples stay as they are
 */
export function mergeTexts(own: string, others: ProcessText[]): string {
  const families = new Map<string, Family>();
  addText(families, own, null);
  for (const { process, text } of others) if (text !== null) addText(families, text, process);
  const lines = [...families.values()].flatMap(({ about, samples }) => [...about.values(), ...samples]);
  return `${lines.join('\n')}\n`;
}

function addText(families: Map<string, Family>, text: string, process: string | null): void {
  // Samples of a histogram have suffixed names, so a sample belongs to the family announced before it.
  let announced: string | null = null;
  for (const line of text.split('\n')) {
    const about = aboutLine.exec(line);
    if (about) {
      announced = about[2]!;
      const family = familyOf(families, announced);
      if (!family.about.has(about[1]!)) family.about.set(about[1]!, line);
      continue;
    }
    const sample = sampleLine.exec(line);
    if (!sample) continue;
    const [, name, labels = '', value] = sample;
    const family = announced !== null && name!.startsWith(announced) ? announced : name!;
    familyOf(families, family).samples.push(
      process === null ? line : labelled(name!, labels, value!, process),
    );
  }
}

function labelled(name: string, labels: string, value: string, process: string): string {
  const rest = labels.replace(/,$/, '');
  return `${name}{process="${process}"${rest === '' ? '' : `,${rest}`}} ${value}`;
}

function familyOf(families: Map<string, Family>, name: string): Family {
  let family = families.get(name);
  if (!family) families.set(name, (family = { about: new Map(), samples: [] }));
  return family;
}
