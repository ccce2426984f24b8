// SPDX-License-Identifier: Apache-2.0
// The web console's page: shows what the event stream tells, draws it, and sends orders. All text from the machine
// goes in as text, never as markup.
'use strict';

const SECONDS = 120;      // of messages that are drawn
const SILENCE_MS = 4000;  // then the stream is opened anew: the node that served it may be dead without a word
const RECOVERIES = 16;    // that are drawn
const ANSWER_MS = 10000;  // then an answer is given up: a node that dies behind the shared address closes nothing
const $ = id => document.getElementById(id);
let token = '', source = null, heard = 0, mayOrder = null, asked = null, recovered = [];
const past = [];       // {time, nodes: {number: messages per second}}

// ---- elements ----

const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function draw(svg, shapes) {
  svg.replaceChildren(...shapes.map(([name, attributes, text, colour]) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    if (colour) element.style[name === 'polyline' ? 'stroke' : 'fill'] = colour;
    return element;
  }));
}

const colour = node => `var(--c${node % 8})`;
const dashes = node => node < 8 ? 'none' : `${2 * (node >> 3)} 3`; // there are eight colours

// ---- words for numbers ----

function duration(ms) {
  const s = Math.floor(ms / 1000);
  if (ms < 1000) return `${ms} ms`;
  if (s < 60) return `${(ms / 1000).toFixed(1)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}
const rounded = x => x === undefined ? '–' : x < 10 ? x.toFixed(1) : String(Math.round(x));
const shown = x => x === undefined ? '–' : String(x);
const NOTICES = {
  last_words: 'said so itself', hang: 'hung', silence: 'was silent', order: 'was ordered to', no_start: 'did not start'
};

// ---- nodes ----

const COLUMNS = [
  ['Life', n => shown(n.incarnation)],
  ['Restarts', n => shown(n.restarts)],
  ['Beat', n => n.beat_age_ms === undefined || n.state !== 'running' ? '–' : duration(n.beat_age_ms) + ' ago'],
  ['Up', n => n.uptime_ms ? duration(n.uptime_ms) : '–'],
  ['Memory', n => n.memory_total ? `${Math.round(n.memory_used / 1024)} of ${Math.round(n.memory_total / 1024)} MiB` : '–'],
  ['Run queue', n => shown(n.run_queue)],
  ['Messages/s', n => n.in_s === undefined ? '–' : `${rounded(n.out_s)} out, ${rounded(n.in_s)} in`],
];

function nodeRow(node) {
  const row = make('tr', {role: 'row', id: `node-${node}`},
    make('th', {role: 'rowheader', scope: 'row'}, `n${node}`),
    make('td', {role: 'cell', 'data-label': 'State'}, make('span')),
    ...COLUMNS.map(([label]) => make('td', {role: 'cell', 'data-label': label})),
    make('td', {role: 'cell', class: 'orders', 'data-label': 'Orders'}));
  row.firstChild.style.setProperty('--mine', colour(node));
  if (mayOrder) {
    const kill = make('button', {type: 'button', 'aria-label': `Kill node ${node} …`}, 'Kill …');
    const restart = make('button', {type: 'button', 'aria-label': `Restart node ${node}`}, 'Restart');
    kill.addEventListener('click', () => ask(node));
    restart.addEventListener('click', () => order(`nodes/${node}/restart`, `Restart node ${node}`));
    row.lastChild.append(kill, restart);
  }
  return row;
}

function showNodes(machine) {
  const body = $('nodes').tBodies[0];
  if (mayOrder !== machine.actions) {
    mayOrder = machine.actions;
    body.replaceChildren();
    $('token-form').hidden = !mayOrder;
    $('read-only').hidden = mayOrder;
    for (const cell of document.querySelectorAll('th.orders')) cell.hidden = !mayOrder;
  }
  for (const n of machine.nodes) {
    let row = $(`node-${n.node}`);
    if (!row) body.append(row = nodeRow(n.node));
    const state = n.offline ? 'offline' : n.state !== 'running' ? n.state :
      !n.answers ? 'no Erlang' : n.safe ? 'running, safe' : 'running';
    const span = row.cells[1].firstChild;
    if (span.textContent !== state) {
      span.className = `state ${n.offline ? 'dead' : state === 'no Erlang' ? 'kernel' : n.state}`;
      row.classList.remove('fresh');
      void row.offsetWidth; // begins the animation anew
      row.classList.add('fresh');
    }
    put(span, state);
    COLUMNS.forEach(([, text], i) => put(row.cells[i + 2], text(n)));
    row.lastChild.hidden = !mayOrder;
    row.classList.toggle('self', n.node === machine.node);
  }
  put($('link'), `Live, served by node ${machine.node} in its life ${machine.incarnation}`);
  $('link').dataset.link = 'on';
}

// ---- plots ----

const LEFT = 56, RIGHT = 28, BASE = 176, HEIGHT = 200; // pixels: the axes' place in a plot, and room for names of lines
const LETTERS = 12;                                    // how high they are

// A round number that is not less.
function ceiling(x) {
  const ten = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5, 10].map(n => n * ten).find(n => n >= x);
}

function plot(svg, top, unit, shapes) {
  const width = svg.clientWidth || 600;
  svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  const axis = [0, 0.5, 1].flatMap(part => {
    const y = BASE - (BASE - 12) * part;
    return [['line', {class: 'axis', x1: LEFT, x2: width, y1: y, y2: y}],
      ['text', {x: LEFT - 6, y: y + 4, 'text-anchor': 'end'}, `${+(top * part).toPrecision(2)}${unit}`]];
  });
  draw(svg, [...axis, ...shapes(width, value => BASE - (BASE - 12) * value / top)]);
}

// Each line's node at its end, from below; what finds no room stands only below the plot.
function lineNames(nodes, width, y) {
  let below = BASE + LETTERS;
  return Object.entries(nodes).sort((a, b) => a[1] - b[1]).flatMap(([node, value]) => {
    below = Math.min(y(value) + LETTERS / 3, below - LETTERS);
    return below < LETTERS ? [] : [['text', {x: width - RIGHT + 4, y: below.toFixed(1)}, `n${node}`, colour(node)]];
  });
}

function drawMessages(machine) {
  const now = Date.now(), nodes = {};
  for (const n of machine.nodes) if (n.in_s !== undefined) nodes[n.node] = n.in_s + n.out_s;
  past.push({time: now, nodes});
  while (past[0].time < now - SECONDS * 1000) past.shift();
  const top = ceiling(Math.max(10, ...past.flatMap(entry => Object.values(entry.nodes))));
  plot($('messages'), top, '', (width, y) => {
    const x = time => width - RIGHT - (width - LEFT - RIGHT) * (now - time) / SECONDS / 1000;
    const lines = machine.nodes.flatMap(n => {
      const pieces = [[]]; // with gaps where nothing is known
      for (const entry of past) {
        const value = entry.nodes[n.node];
        if (value === undefined) pieces.push([]);
        else pieces.at(-1).push(`${x(entry.time).toFixed(1)},${y(value).toFixed(1)}`);
      }
      return pieces.filter(piece => piece.length > 1).map(piece =>
        ['polyline', {points: piece.join(' '), 'stroke-dasharray': dashes(n.node)}, '', colour(n.node)]);
    });
    return [...lines, ...lineNames(nodes, width, y), ['text', {x: LEFT, y: HEIGHT - 6}, '2 min ago'],
      ['text', {x: width - RIGHT, y: HEIGHT - 6, 'text-anchor': 'end'}, 'now']];
  });
  put($('messages-now'), 'Sent and received, per second, now: ' +
    machine.nodes.map(n => `n${n.node} ${rounded(nodes[n.node])}`).join(', ') + '.');
}

function drawRecoveries() {
  const last = recovered.slice(-RECOVERIES);
  plot($('recoveries'), ceiling(Math.max(1, ...last.map(r => r.took_ms / 1000))), ' s', (width, y) =>
    last.flatMap((r, i) => {
      const step = (width - LEFT) / RECOVERIES, from = LEFT + (i + 0.15) * step, height = BASE - y(r.took_ms / 1000);
      return [['rect', {x: from, y: BASE - height, width: 0.7 * step, height, rx: 2}, '', colour(r.node)],
        ['text', {x: from + 0.35 * step, y: HEIGHT - 6, 'text-anchor': 'middle'}, String(r.node)]];
    }));
  const times = last.map(r => r.took_ms).sort((a, b) => a - b);
  put($('recoveries-now'), 'From a death until the node’s next Erlang is in the cluster, by node. ' + (last.length === 0 ? 'None yet.' :
    `Last: n${last.at(-1).node}, ${duration(last.at(-1).took_ms)}. Median of ${times.length}: ${duration(times[times.length >> 1])}.`));
}

// ---- deaths ----

async function openDeath(details, d) {
  if (!details.open || details.dataset.whole) return;
  details.dataset.whole = 'asked';
  try {
    const answer = await fetch(`deaths/${d.node}/${d.incarnation}`, {signal: AbortSignal.timeout(ANSWER_MS)});
    if (!answer.ok) throw new Error(answer.statusText);
    const death = await answer.json();
    const part = (title, lines) => lines.length === 0 ? [] :
      [make('h3', {}, title), make('pre', {tabindex: 0, role: 'region', 'aria-label': `${title} of node ${d.node}`}, lines.join('\n'))];
    details.lastChild.replaceChildren(...part('Epitaph', death.text), ...part('End of its kernel log', death.log));
  } catch (error) {
    details.dataset.whole = '';
    details.lastChild.replaceChildren(make('p', {}, `Not to be had now: ${error.message}. Close and open it to ask again.`));
  }
}

// The time of day, or nothing when nobody knows it.
function when(ms) {
  if (!ms) return [];
  const text = new Date(ms).toISOString();
  return [make('time', {datetime: text}, text.slice(11, 19) + ' UTC')];
}

function deathItem(id, d) {
  const how = (NOTICES[d.notice] || d.notice) + (d.guardian === undefined ? '' : `, buried by node ${d.guardian}`);
  const details = make('details', {},
    make('summary', {}, make('b', {}, `n${d.node}, life ${d.incarnation}`), ' ', ...when(d.wall_ms), ' ',
      make('span', {class: 'how'}, how), ' ', make('span', {}, d.cause)),
    make('div'));
  details.addEventListener('toggle', () => openDeath(details, d));
  return make('li', {id}, details);
}

function showDeaths({deaths, recoveries}) {
  const list = $('deaths'), first = list.children.length === 0 && !list.dataset.known;
  list.dataset.known = 'yes';
  const wanted = deaths.map(d => `death-${d.node}-${d.incarnation}`);
  for (const item of [...list.children]) if (!wanted.includes(item.id)) item.remove();
  deaths.forEach((d, i) => {
    if ($(wanted[i])) return;
    list.insertBefore(deathItem(wanted[i], d), list.children[i] || null);
    if (!first) put($('last-death'), `Node ${d.node} died in its life ${d.incarnation}: ${d.cause}`);
  });
  $('no-deaths').hidden = deaths.length > 0;
  recovered = recoveries;
  drawRecoveries();
}

// ---- orders ----

function say(text, bad) {
  $('said').className = bad ? 'bad' : '';
  put($('said'), text);
}

async function order(path, what) {
  if (!token) {
    say(`${what}: give the token first.`, true);
    $('token').focus();
    return;
  }
  say(`${what} …`);
  try {
    const answer = await fetch(path, {method: 'POST', headers: {'X-Hydros-Token': token}, signal: AbortSignal.timeout(ANSWER_MS)});
    say(`${what}: ${await answer.text()}`, !answer.ok);
    if (answer.status === 403) $('token').focus();
  } catch (error) {
    say(`${what}: no answer; the node that was asked may be gone.`, true);
  }
}

function ask(node) {
  asked = node;
  put($('ask-title'), `Kill node ${node}`);
  $('ask').returnValue = '';
  $('ask').showModal();
}

$('ask').addEventListener('close', () => {
  if ($('ask').returnValue === 'kill') order(`nodes/${asked}/kill/${$('fault').value}`, `Kill node ${asked}`);
});
$('token-form').addEventListener('submit', event => {
  event.preventDefault();
  token = $('token').value.trim();
  $('token').value = '';
  say(token ? 'The token is kept until this page is closed.' : 'There is no token now.');
});

// ---- the stream ----

function listen() {
  if (source) source.close();
  heard = Date.now();
  source = new EventSource('events');
  const on = (name, show) => source.addEventListener(name, event => {
    heard = Date.now();
    show(JSON.parse(event.data));
  });
  on('state', machine => { showNodes(machine); drawMessages(machine); });
  on('deaths', showDeaths);
  source.addEventListener('error', lost);
}

function lost() {
  // Closed for good: by an answer that is no stream, and not by a connection that ended.
  put($('link'), source.readyState === EventSource.CLOSED ?
    'No events: the node has as many watchers as it serves, or is gone; trying again …' :
    'Not connected. The node that served this page may be dead; trying again …');
  $('link').dataset.link = 'wait';
}

setInterval(() => {
  if (Date.now() - heard > SILENCE_MS) { lost(); listen(); }
}, 1000);
window.addEventListener('resize', drawRecoveries); // the other plot is drawn each second
drawRecoveries();
listen();
