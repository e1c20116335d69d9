/**
 * Domains under which strangers live: never evidence that two companies are one.
 *
 * An own short list, not a package: the lists on npm hold thousands of domains, some of them real companies',
 * and a new version would silently change who is joined with whom. What is missing here is caught by
 * `maxSharers` or named in the configuration's `notEvidence`.
 */
const sharedDomains: ReadonlySet<string> = new Set(
  [
    // free mail, worldwide
    'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com passport.com yahoo.com ymail.com',
    'rocketmail.com aol.com aim.com icloud.com me.com mac.com proton.me protonmail.com pm.me gmx.com gmx.net',
    'mail.com email.com zoho.com zohomail.com fastmail.com fastmail.fm hey.com tutanota.com tuta.io hushmail.com',
    'inbox.com yandex.com yandex.ru ya.ru mail.ru bk.ru list.ru inbox.ru rambler.ru ukr.net',
    // free mail and providers by country
    'hotmail.co.uk live.co.uk yahoo.co.uk btinternet.com btopenworld.com sky.com talktalk.net virginmedia.com',
    'ntlworld.com blueyonder.co.uk hotmail.fr live.fr yahoo.fr orange.fr wanadoo.fr free.fr sfr.fr laposte.net',
    'gmx.de web.de t-online.de freenet.de yahoo.de hotmail.de gmx.at gmx.ch bluewin.ch hotmail.es yahoo.es',
    'telefonica.net hotmail.it yahoo.it libero.it virgilio.it alice.it tin.it tiscali.it wp.pl o2.pl onet.pl',
    'interia.pl seznam.cz centrum.cz abv.bg sapo.pt ziggo.nl kpnmail.nl telenet.be skynet.be comcast.net',
    'verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net rogers.com shaw.ca sympatico.ca',
    'bigpond.com optusnet.com.au uol.com.br bol.com.br terra.com.br yahoo.com.br hotmail.com.br yahoo.com.mx',
    'qq.com 163.com 126.com sina.com sohu.com foxmail.com naver.com hanmail.net daum.net yahoo.co.jp docomo.ne.jp',
    'yahoo.co.in yahoo.in rediffmail.com yahoo.com.au yahoo.ca',
    // pages of many owners, given as a web address
    'facebook.com m.facebook.com fb.com instagram.com linkedin.com uk.linkedin.com twitter.com x.com youtube.com',
    'tiktok.com linktr.ee sites.google.com google.com bit.ly',
    // placeholders
    'none.com na.com n.a',
  ].flatMap((line) => line.split(' ')),
);

/** Whether a folded host belongs to nobody in particular. A host *below* one of these, like a shop's, is its own. */
export function isSharedDomain(host: string): boolean {
  return sharedDomains.has(host);
}
