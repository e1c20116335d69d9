import type { Random } from './random';

/** First and last names of each naming tradition; spelled so that no name holds a URL or a dot. */
const pools: Record<string, { first: string; last: string }> = {
  en: {
    first:
      'Ann Oliver Grace Henry Chloe Marcus Edith Jonathan Beatrice Wilfred Harriet Dominic Rosalind Clive',
    last: 'Smith Fairbrother Whitcombe Oakley Pemberton Holloway Ashdown Lockwood Trevelyan Kingsley Norris Dunmore',
  },
  es: {
    first: 'José María Íñigo Lucía Álvaro Sofía Raúl Begoña Óscar Inés Joaquín Ángela',
    last: 'Núñez García Ibáñez López Castañeda Martínez Peña Gutiérrez Muñoz Vázquez',
  },
  fr: {
    first: 'Éloïse François Zoé Gaëtan Hélène Benoît Anaïs Jérôme Cécile Loïc',
    last: 'Lefèvre Noël Gérard Beauchêne Fontaine Marchand Dubois Châtelain Rousseau Villeneuve',
  },
  de: {
    first: 'Jürgen Käthe Günther Änne Sören Heike Björn Friederike Walther Ute',
    last: 'Müller Schäfer Größner Weiß Königsmann Hoffmann Baumgärtner Vogelsang Eßlinger Zöllner',
  },
  it: {
    first: 'Niccolò Giulia Matteo Chiara Alessandro Fiorella Dario Ludovica Sergio Noemi',
    last: 'Rossi Bianchi Fumagalli Esposito Marchetti Colombo Quattrocchi Rinaldi Vitale Cantù',
  },
  pt: {
    first: 'João Conceição Tomás Inês Gonçalo Beatriz Estêvão Luísa Vítor Fátima',
    last: 'Assunção Magalhães Figueiredo Brandão Guimarães Teixeira Nóbrega Quintão Sequeira Falcão',
  },
  pl: {
    first: 'Łukasz Małgorzata Władysław Żaneta Grzegorz Bożena Przemysław Świętosława Michał Agnieszka',
    last: 'Wiśniewski Dąbrowska Żółtowski Pawłowicz Grabiec Szymczyk Błaszczak Krzyżanowski Jóźwiak Mazurek',
  },
  tr: {
    first: 'Çağla Ömer Gülşen İbrahim Şebnem Uğur Özlem Tuğrul Aslı Efe',
    last: 'Yıldız Öztürk Çelik Güneş Şahin Doğan Kılıç Aydın Erdoğmuş Bozkurt',
  },
  el: {
    first: 'Γιώργος Ελένη Κωνσταντίνος Δέσποινα Νικόλαος Φωτεινή Αλέξανδρος Ζωή Παναγιώτης Μαρία',
    last: 'Παπαδόπουλος Αντωνίου Βλάχος Γεωργίου Καραγιάννης Λαμπρόπουλος Μιχαηλίδης Οικονόμου Σταθάκης Χατζής',
  },
  uk: {
    first: 'Олександр Ганна Юрій Світлана Тарас Людмила Ярослав Вікторія Богдан Зоряна',
    last: 'Шевченко Коваленко Бондар Ткачук Мельник Їжакевич Кравець Лисенко Поліщук Григорук',
  },
  zh: {
    first: '建国 秀英 志强 晓明 海燕 立新 春花 文博 佳怡 子轩',
    last: '王 欧阳 张 司马 陈 诸葛 黄 赵 周 上官',
  },
  ja: {
    first: '太郎 花子 健一 美咲 大輔 陽子 翔太 由美子 直樹 千代',
    last: '佐藤 長谷川 高橋 田中 渡辺 小林 五十嵐 山口 勅使河原 森',
  },
  ko: {
    first: '민준 서연 도윤 지우 하은 예준 수아 시우 지호 다은',
    last: '김 남궁 박 최 정 황보 조 윤 장 선우',
  },
  hi: {
    first: 'अर्जुन प्रिया विक्रम सुनीता राहुल कविता संजय मीनाक्षी दीपक लक्ष्मी',
    last: 'शर्मा वर्मा गुप्ता चौधरी त्रिपाठी अग्रवाल मिश्रा जोशी देशपांडे कुलकर्णी',
  },
  ar: {
    first: 'محمد فاطمة يوسف خديجة إبراهيم زينب عمر سلمى طارق نادية',
    last: 'الحسيني المصري النجار الشافعي العطار بدوي خليل رمضان سليمان منصور',
  },
  vi: {
    first: 'Nguyệt Đức Phương Quỳnh Tuấn Hạnh Khánh Thảo Dũng Ngọc',
    last: 'Nguyễn Trần Đặng Bùi Hoàng Vũ Lương Đỗ Phạm Trịnh',
  },
};

const split = new Map(
  Object.entries(pools).map(([code, { first, last }]) => [
    code,
    { first: first.split(' '), last: last.split(' ') },
  ]),
);

export interface Name {
  first: string;
  last: string;
}

/** A name of one tradition. */
export function pickName(tradition: string, random: Random): Name {
  const pool = split.get(tradition);
  if (!pool) throw new Error(`no names for ${tradition}`);
  const first = random.pick(pool.first);
  const last = random.pick(pool.last);
  const second = random.chance(0.15) ? random.pick(pool.last) : last;
  return { first, last: second === last ? last : `${last}-${second}` };
}

/** The name as identity rules read it. */
export const fullName = (name: Name): string => `${name.first} ${name.last}`;

/** The Latin letters of a name for an e-mail address, accents off; `p` where nothing is left. */
export function asciiOf(text: string): string {
  const known = asciiNames.get(text);
  if (known !== undefined) return known;
  const latin = text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  const ascii = latin === '' ? 'p' : latin;
  // The pools hold a few thousand combinations; the bound is for names from elsewhere.
  if (asciiNames.size < 20_000) asciiNames.set(text, ascii);
  return ascii;
}

const asciiNames = new Map<string, string>();
