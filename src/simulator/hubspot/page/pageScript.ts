/** The behaviour of the page. Values only ever become text nodes, so no stored text can become markup. */
export const pageScript = `
const state = { type: 'contacts', offset: 0, q: '', id: null, limit: 25 };
const $ = (id) => document.getElementById(id);
const json = async (path) => {
  const response = await fetch('/_simulator' + path);
  if (!response.ok) throw new Error(path + ' answered ' + response.status);
  return response.json();
};
/* Afterwards the page shows the record that the order leaves: the same one, the winner of a merge, or none. */
const order = async (work, more, next = state.id) => {
  const response = await fetch('/_simulator/' + work, { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ objectType: state.type, id: state.id, ...more }) });
  const reply = await response.json();
  if (!response.ok) { $('trouble').textContent = reply.message || work + ' answered ' + response.status; return null; }
  state.id = work === 'merge' ? reply.id : next;
  await refresh();
  return reply;
};
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.map((child) => child ?? ''));
  return node;
};
const time = (iso) => iso.replace('T', ' ').replace(/\\..*/, '');

async function showOverview() {
  const about = await json('');
  $('account').textContent = 'account ' + about.portalId + ' · ' + about.timeZone + ' · ' + time(about.now) + ' UTC';
  $('types').replaceChildren(...about.objectTypes.map((type) => el('button', {
    'aria-current': type.name === state.type,
    onclick: () => { Object.assign(state, { type: type.name, offset: 0, id: null }); refresh(); },
  }, type.name, el('span', {}, type.live.toLocaleString() + (type.archived ? ' + ' + type.archived : '')))));
}

async function showList() {
  const query = new URLSearchParams({ objectType: state.type, offset: state.offset, limit: state.limit, q: state.q });
  const page = await json('/browse?' + query);
  $('head').replaceChildren(...['id', ...page.columns, 'updated'].map((name) => el('th', {}, name)));
  const open = async (id) => {
    state.id = id;
    await Promise.all([showList(), showRecord()]);
    /* In a narrow window the record stands below the list. */
    if (matchMedia('(max-width: 1100px)').matches) $('record').scrollIntoView();
  };
  $('rows').replaceChildren(...page.results.map((record) => el('tr', {
    tabindex: 0, 'aria-selected': record.id === state.id, onclick: () => open(record.id),
    onkeydown: (event) => { if (event.key === 'Enter') open(record.id); },
  }, el('td', { class: 'dim' }, record.id + ' ', record.archived ? el('span', { class: 'tag' }, 'archived') : ''),
    ...page.columns.map((name) => el('td', { title: record.properties[name] ?? '' }, record.properties[name] ?? '')),
    el('td', { class: 'dim' }, time(record.updatedAt)))));
  $('none').hidden = page.results.length > 0;
  $('none').textContent = state.q ? 'Nothing holds this text.' : 'No records yet.';
  const last = Math.min(state.offset + state.limit, page.total);
  $('range').textContent = page.total ? (state.offset + 1) + '–' + last + ' of ' + page.total.toLocaleString() : '0';
  $('back').disabled = state.offset === 0;
  $('next').disabled = last >= page.total;
}

async function showRecord() {
  if (!state.id) {
    $('record').replaceChildren(el('h2', {}, 'Record'), el('div', { class: 'empty' }, 'Choose a record to see its properties, their history and its associations.'));
    return;
  }
  const record = await json('/record?' + new URLSearchParams({ objectType: state.type, id: state.id }));
  const list = el('dl');
  for (const name of Object.keys(record.history).sort()) {
    const versions = record.history[name];
    list.append(el('dt', {}, name), el('dd', {}, record.properties[name] ?? '(cleared)',
      versions.length > 1 || record.lastWrittenBy[name] ? el('ol', {}, ...versions.map((version) =>
        el('li', {}, time(version.timestamp) + '  ' + version.sourceType + ' ' + version.sourceId + ': ' + (version.value || '(empty)')))) : ''));
  }
  const chosen = el('input', { list: 'names', placeholder: 'Property', 'aria-label': 'Property', required: true });
  const value = el('input', { placeholder: 'New value or none', 'aria-label': 'New value' });
  const choose = (name) => { chosen.value = name; value.value = record.properties[name] ?? ''; value.focus(); value.select(); };
  chosen.addEventListener('change', () => { value.value = record.properties[chosen.value] ?? ''; });
  for (const term of list.querySelectorAll('dt')) {
    if (record.archived || !record.propertyNames.includes(term.textContent)) continue;
    term.className = 'editable';
    term.setAttribute('title', 'Edit'); term.addEventListener('click', () => choose(term.textContent));
  }
  const other = el('input', { placeholder: 'Id of the record that goes into this one', 'aria-label': 'Id', required: true });
  const form = (text, work, ...inputs) => el('form', { class: 'bar', onsubmit: (event) => { event.preventDefault(); work(); } },
    ...inputs, el('button', {}, text));
  const button = (text, work) => el('button', { type: 'button', onclick: work }, text);
  const hands = record.archived ? [el('div', { class: 'bar' }, button('Restore', () => order('restore', {})))] : [
    el('datalist', { id: 'names' }, ...record.propertyNames.map((name) => el('option', { value: name }))),
    form('Save', () => order('edit', { properties: { [chosen.value]: value.value } }), chosen, value),
    form('Merge', () => order('merge', { withId: other.value.trim() }), other),
    el('div', { class: 'bar' }, button('Archive', () => order('archive', {})), state.type === 'contacts'
      ? button('Delete for good', () => confirm('Delete this contact for good?') && order('forget', {}, null)) : '')];
  const links = record.associations.map((link) => el('tr', { tabindex: 0, onclick: () => {
    Object.assign(state, { type: link.objectType, id: link.id, offset: 0, q: '' }); $('q').value = ''; refresh();
  } }, el('td', {}, link.objectType), el('td', {}, link.id), el('td', { class: 'dim' },
    link.types.map((type) => (type.label ?? type.kind) + ' ' + type.typeId).join(', '))));
  $('record').replaceChildren(
    el('h2', {}, record.objectType + ' ' + record.id),
    el('div', { class: 'bar dim' }, record.writes + ' writes, ' + record.equalWrites + ' of values already held',
      record.mergedIds.length ? el('span', { class: 'tag' }, 'merged ' + record.mergedIds.join(', ')) : ''),
    ...hands, el('table', {}, el('tbody', {}, ...links)), list);
}

const tile = (label, value, over) => el('div', { class: over ? 'over' : '' }, el('b', {}, String(value)), label);

async function showStats() {
  const stats = await json('/stats');
  const { burst, search } = stats.limits.buckets;
  $('tiles').replaceChildren(
    tile('calls', stats.calls.toLocaleString()), tile('of them writes', stats.writeCalls.toLocaleString()),
    tile('largest 10 s window' + (burst.limit === null ? ', no limit' : ' of ' + burst.limit), burst.largestAtArrival,
      burst.limit !== null && burst.largestAtArrival > burst.limit),
    tile('429 given', burst.violations + search.violations + stats.limits.daily.violations, burst.violations > 0),
    tile('used today' + (stats.limits.daily.limit === null ? '' : ' of ' + stats.limits.daily.limit.toLocaleString()),
      stats.limits.daily.used.toLocaleString()),
    tile('writes of equal values', stats.equalValueWrites.toLocaleString()),
    tile('webhook events delivered', stats.webhooks.delivered.toLocaleString()),
    tile('fault hits', stats.faults.reduce((sum, fault) => sum + fault.hits, 0)));
  $('calls').replaceChildren(...Object.entries(stats.byEndpoint).map(([endpoint, statuses]) => el('tr', {},
    el('td', {}, endpoint), el('td', { class: 'dim' }, Object.entries(statuses).map(([status, n]) =>
      (status === '0' ? 'no answer' : status) + ' × ' + n).join('   ')))));
}

function refresh() {
  return Promise.all([showOverview(), showList(), showRecord(), showStats()]).then(() => { $('trouble').textContent = ''; },
    (error) => { $('trouble').textContent = error.message; });
}
let typing;
$('q').addEventListener('input', (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => { Object.assign(state, { q: event.target.value, offset: 0 }); showList(); }, 200);
});
$('back').addEventListener('click', () => { state.offset = Math.max(0, state.offset - state.limit); showList(); });
$('next').addEventListener('click', () => { state.offset += state.limit; showList(); });
refresh();
/* What somebody types is not taken away from under their hands. */
const isUsed = (part) => part.contains(document.activeElement) || [...part.querySelectorAll('input')].some((input) => input.value !== '');
setInterval(() => {
  if (!document.hidden) Promise.all([showOverview(), showStats(), isUsed($('rows')) ? null : showList(),
    isUsed($('record')) ? null : showRecord()]).catch((error) => { $('trouble').textContent = error.message; });
}, 3000);
`;
