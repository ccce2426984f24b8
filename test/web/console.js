// SPDX-License-Identifier: Apache-2.0
// A person at the web console of a machine of two nodes, in a real browser and without a mouse. test/system/web.sh starts
// both. Arguments: address of node 0's console, of node 1's, of both, the token, a directory for pictures.
'use strict';
const assert = require('node:assert');
const {chromium} = require('playwright-core');
const [address, other, shared, token, pictures] = process.argv.slice(2);
const started = Date.now();
const step = text => console.log(`${((Date.now() - started) / 1000).toFixed(1)} s: ${text}`);

async function main() {
  const browser = await chromium.launch({executablePath: '/usr/bin/chromium-headless-shell', args: ['--no-sandbox']});
  const newPage = async address => {
    const page = await browser.newPage({viewport: {width: 1280, height: 900}});
    page.setDefaultTimeout(40000);
    page.on('pageerror', error => { console.log(error); process.exit(1); });
    // A node that has just come back may be in the cluster and not listen yet, or listen and not serve yet.
    for (const end = Date.now() + 40000; !(await page.goto(address).catch(error => { if (Date.now() > end) throw error; }))?.ok();)
      await page.waitForTimeout(500);
    return page;
  };
  const page = await newPage(address);
  const text = selector => page.textContent(selector);
  const until = (selector, wanted) => page.waitForFunction(
    ([selector, wanted]) => document.querySelector(selector)?.textContent.includes(wanted), [selector, wanted]);
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    return {
      name: at === document.body ? null : at.getAttribute('aria-label') || at.id || at.textContent,
      seen: getComputedStyle(at).outlineStyle !== 'none'
    };
  });
  const tabTo = async name => { // a person sees where they are
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const at = await focused();
      if (at.name === null) continue; // past the end, before the beginning
      assert(at.seen, `the focus on ${at.name} is not seen`);
      if (at.name.startsWith(name)) return;
    }
    assert.fail(`no way to ${name} by keyboard`);
  };
  const type = async (words, key) => {
    await page.keyboard.type(words);
    await page.keyboard.press(key);
  };
  const kill = async (node, how) => {
    await tabTo(`Kill node ${node}`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    assert.equal((await focused()).name, 'fault');
    await page.keyboard.type(how);
    await tabTo('Kill');
    await page.keyboard.press('Enter');
  };

  // What a screen reader is told of: a table, whatever it looks like, and the two places where news appear.
  const readable = async () => {
    const told = await page.locator('body').ariaSnapshot();
    const count = what => told.split(what).length - 1;
    assert.match(told, /- table "Nodes":/);
    assert.deepEqual(['- row "', '- columnheader "', '- rowheader "', '- cell "'].map(count), [3, 10, 2, 18], told);
    assert.match(told, /- status: Live(.|\n)*- status\b/);
  };

  // Two nodes, live.
  await until('#node-0 .state', 'running');
  await until('#node-1 .state', 'running');
  await page.waitForSelector('#messages polyline', {state: 'attached'});
  assert.equal(await page.locator('thead th[scope=col]:visible').count(), 10);
  await readable();
  step('two nodes are shown');

  // A wrong token is refused, and nothing happens.
  await tabTo('token');
  await type('a-wrong-token-a-wrong-token', 'Enter');
  await kill(1, 'panic');
  await until('#said', 'missing or wrong');
  assert.equal(await page.locator('#deaths li').count(), 0);
  step('a wrong token is refused');

  // The right one kills; the death comes by itself, then the next life.
  await page.fill('#token', '');
  await page.focus('#token');
  await type(token, 'Enter');
  await kill(1, 'panic');
  await page.waitForSelector('#death-1-1');
  await until('#last-death', 'Node 1 died in its life 1');
  step('the death of node 1 is shown');
  await until('#recoveries-now', 'Last: n1');
  await until('#node-1 .state', 'running');
  step(`node 1 is back: ${await text('#recoveries-now')}`);

  // Its epitaph, opened with a key.
  await page.focus('#death-1-1 summary');
  await page.keyboard.press('Enter');
  await until('#death-1-1 pre', 'panic');
  assert.match(await text('#death-1-1 pre'), /stack:\n +ffffffff8/);
  assert.match(await text('#death-1-1 pre:last-of-type'), /\[n1 /);
  await page.screenshot({path: `${pictures}/web-wide.png`, fullPage: true});
  step('its epitaph is open');

  // Any width; at last a phone.
  for (const width of [1280, 1201, 1000, 360]) {
    await page.setViewportSize({width, height: 740});
    const [whole, table, section] = await page.evaluate(() => [document.documentElement.scrollWidth,
      ...['#nodes', 'section'].map(selector => document.querySelector(selector).getBoundingClientRect().right)]);
    assert(whole <= width && table < section, `at ${width} pixels the page is ${whole} wide, its table ends at ${table}`);
  }
  await readable();
  await page.waitForTimeout(1100);
  await page.screenshot({path: `${pictures}/web-phone.png`, fullPage: true});
  await page.emulateMedia({colorScheme: 'dark'});
  await page.screenshot({path: `${pictures}/web-dark.png`, fullPage: true});

  // One that was stopped stays down until it is started.
  await kill(1, 'stop');
  await until('#node-1 .state', 'dead');
  await page.waitForTimeout(1500);
  assert.equal(await text('#node-1 .state'), 'dead');
  await tabTo('Restart node 1');
  await page.keyboard.press('Enter');
  await until('#said', 'Restart node 1: Ordered.');
  await until('#node-1 .state', 'running');
  step('node 1 was stopped and started');

  // The node that serves dies; the other one shows it, and the page comes back by itself.
  const second = await newPage(other);
  await second.waitForSelector('#death-1-1');
  await kill(0, 'order');
  await second.waitForSelector('#death-0-1');
  step('the death of node 0 is shown by node 1');
  await until('#link', 'Live, served by node 0 in its life 2');
  await page.waitForSelector('#death-0-1');
  step('node 0 is back and serves the same page');

  // Behind the address of both: whoever serves dies, and the page goes on.
  const third = await newPage(shared);
  await third.waitForFunction(() => document.querySelector('#link').textContent.includes('Live, served by node'));
  const before = await third.textContent('#link');
  await kill(Number(before.match(/node (\d+)/)[1]), 'order');
  await third.waitForFunction(before => {
    const now = document.querySelector('#link').textContent;
    return now.includes('Live, served by node') && now !== before;
  }, before);
  step(`${before} until it died; then: ${await third.textContent('#link')}`);
  // Every death that it tells of can be read, whoever is asked: each question may go to another node.
  for (const id of await third.evaluate(() => [...document.querySelectorAll('#deaths li')].map(item => item.id))) {
    await third.focus(`#${id} summary`);
    await third.keyboard.press('Enter');
    await third.waitForSelector(`#${id} details :is(pre, p)`);
    assert.equal(await third.locator(`#${id} details p`).count(), 0, `${id}: ${await third.textContent(`#${id}`)}`);
    step(`${id} can be read`);
  }

  // A node in safe mode is shown as that: a played one.
  const late = await newPage(shared);
  const played = {node: 0, incarnation: 1, actions: true, nodes: [{node: 0, state: 'running', answers: true, safe: 1}]};
  await late.route('**/events', route => route.fulfill({contentType: 'text/event-stream', body: `event: state\ndata: ${JSON.stringify(played)}\n\n`}));
  await late.reload();
  await late.waitForFunction(() => document.querySelector('#node-0 .state')?.textContent === 'running, safe');
  await late.unroute('**/events');

  // Who is not served is told so, and tries again.
  await late.route('**/events', route => route.fulfill({status: 503, body: 'no'}));
  await late.reload();
  await late.waitForFunction(() => document.querySelector('#link').textContent.includes('No events'));
  await late.unroute('**/events');
  await late.waitForFunction(() => document.querySelector('#link').textContent.includes('Live'));
  await browser.close();
}
main().catch(error => { console.log(error); process.exit(1); });
