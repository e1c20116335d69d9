import type { Random } from './random';

/** What a country gives its people: names, a mobile number range, cities. */
export interface Country {
  code: string;
  dial: string;
  /** Written before national numbers; '' where there is none. */
  trunk: string;
  /** True where `00` starts an international call. */
  zeroZero: boolean;
  /** The start of a range of valid mobile numbers, and how many digits follow. */
  mobile: string;
  digits: number;
  names: string;
  cities: readonly string[];
}

type Line = [string, string, string, boolean, string, number, string, string];

/** Number ranges checked against libphonenumber's metadata (test/simulator/demo/phones.test.ts). */
const lines: Line[] = [
  ['GB', '44', '0', true, '72', 8, 'en', 'London,Leeds,Bristol,York,Cardiff,Glasgow'],
  ['ES', '34', '', true, '61', 7, 'es', 'Madrid,Sevilla,Málaga,Gijón,Valencia'],
  ['FR', '33', '0', true, '61', 7, 'fr', 'Paris,Lyon,Nîmes,Orléans,Besançon'],
  ['DE', '49', '0', true, '151', 8, 'de', 'Berlin,München,Köln,Göttingen,Lübeck'],
  ['IT', '39', '', true, '347', 7, 'it', 'Roma,Torino,Forlì,Cefalù'],
  ['PT', '351', '', true, '91', 7, 'pt', 'Lisboa,Porto,Évora,Guimarães'],
  ['BR', '55', '0', false, '119', 8, 'pt', 'São Paulo,Osasco,Guarulhos,Santo André'],
  ['PL', '48', '', true, '60', 7, 'pl', 'Warszawa,Łódź,Kraków,Gdańsk,Wrocław'],
  ['TR', '90', '0', true, '532', 7, 'tr', 'İstanbul,Ankara,İzmir,Muğla'],
  ['GR', '30', '', true, '694', 7, 'el', 'Αθήνα,Πάτρα,Βόλος,Ηράκλειο'],
  ['UA', '380', '0', true, '67', 7, 'uk', 'Київ,Львів,Одеса,Харків'],
  ['CN', '86', '0', true, '138', 8, 'zh', '北京,上海,成都,武汉'],
  ['JP', '81', '0', false, '90', 8, 'ja', '東京,大阪,京都,札幌'],
  ['KR', '82', '0', false, '10', 8, 'ko', '서울,부산,대구,인천'],
  ['IN', '91', '0', true, '98', 8, 'hi', 'दिल्ली,मुंबई,जयपुर,पुणे'],
  ['EG', '20', '0', true, '10', 8, 'ar', 'القاهرة,الجيزة,طنطا,أسوان'],
  ['VN', '84', '0', true, '90', 7, 'vi', 'Hà Nội,Đà Nẵng,Huế,Cần Thơ'],
];

export const countries: readonly Country[] = lines.map(
  ([code, dial, trunk, zeroZero, mobile, digits, names, cities]) => ({
    code,
    dial,
    trunk,
    zeroZero,
    mobile,
    digits,
    names,
    cities: cities.split(','),
  }),
);

export const britain = countries[0] as Country;

/** A country: a quarter of the people are British, the rest evenly spread. */
export function pickCountry(random: Random): Country {
  return random.chance(0.25) ? britain : random.pick(countries);
}
