import { getCountries } from 'libphonenumber-js/min';

/** English names that differ from the ones ICU gives, folded. */
const otherNames: Record<string, string> = {
  uk: 'GB',
  'great britain': 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  usa: 'US',
  us: 'US',
  america: 'US',
  'united states of america': 'US',
  holland: 'NL',
  'the netherlands': 'NL',
  'czech republic': 'CZ',
  korea: 'KR',
  'republic of korea': 'KR',
  'russian federation': 'RU',
  'viet nam': 'VN',
  uae: 'AE',
  turkey: 'TR',
  'ivory coast': 'CI',
  'hong kong': 'HK',
  macau: 'MO',
  macao: 'MO',
  burma: 'MM',
  'cape verde': 'CV',
  swaziland: 'SZ',
  'east timor': 'TL',
  palestine: 'PS',
  macedonia: 'MK',
  'the gambia': 'GM',
  'the bahamas': 'BS',
  'republic of ireland': 'IE',
  'peoples republic of china': 'CN',
  'mainland china': 'CN',
  ksa: 'SA',
};

let byName: Map<string, string> | null = null;

/**
 * The ISO 3166 two-letter code of a country given as that code ('gb') or by its English name
 * ('United Kingdom', 'Türkiye', 'Cote d'Ivoire'); null where the text names none.
 */
export function regionOf(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length === 2 && !/^uk$/i.test(trimmed)) {
    const code = trimmed.toUpperCase();
    return /^[A-Z]{2}$/.test(code) ? code : null;
  }
  byName ??= namesToRegions();
  return byName.get(foldName(trimmed)) ?? null;
}

/** Built on first use from the runtime's own English names: a constant, only made late. */
function namesToRegions(): Map<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  const map = new Map<string, string>();
  for (const region of getCountries()) {
    const name = names.of(region);
    if (name !== undefined && name !== region) map.set(foldName(name), region);
  }
  for (const [name, region] of Object.entries(otherNames)) map.set(name, region);
  return map;
}

function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}|['’.,]/gu, '')
    .replace(/&/g, 'and')
    .replace(/[\s-]+/g, ' ')
    .trim()
    .toLowerCase();
}
