// The SQL page: the engine and the published tables are fetched from this folder, and nothing from anywhere else.
const FETCHED = 100000;
const SHOWN = 1000;
const FOLDER = new URL(".", import.meta.url);

const byId = (id) => document.getElementById(id);
const editor = byId("sql-editor");
const runButton = byId("sql-run");
const stopButton = byId("sql-stop");
const statusLine = byId("sql-status");
const errorBox = byId("sql-error");
const resultBox = byId("sql-result");
const download = byId("sql-download");
const link = byId("sql-link");

let engine = null; // a promise of {database, connection, worker}
let running = 0;

// --- the engine ---------------------------------------------------------------------------------------------------

/** A file that is stored gzipped. A server may have unpacked it already: the first two bytes tell. */
async function unpacked(name) {
  const response = await fetch(new URL(name, FOLDER));
  if (!response.ok) throw new Error(`${name} could not be fetched (${response.status}).`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new Response(bytes);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

async function start() {
  // The worker begins to fetch the engine at once, while the rest is loaded.
  const worker = new Worker(new URL("worker.js", FOLDER));
  const broken = new Promise((_, reject) => {
    worker.addEventListener("error", (event) => reject(new Error(event.message || "The engine could not be loaded.")));
  });
  broken.catch(() => {});
  const tables = unpacked("marts.duckdb.gz").then((response) => response.arrayBuffer());
  tables.catch(() => {}); // said below, where it is awaited
  const duckdb = await import(new URL("duckdb.js", FOLDER));
  const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await Promise.race([database.instantiate(new URL("duckdb.wasm", FOLDER).href), broken]);
  await database.registerFileBuffer("marts.duckdb", new Uint8Array(await tables));
  const connection = await database.connect();
  await connection.query(
    [
      "attach 'marts.duckdb' as quarterdeck (read_only)",
      "use quarterdeck.marts",
      "set autoinstall_known_extensions = false",
      "set autoload_known_extensions = false",
      "set enable_external_access = false",
      "set lock_configuration = true",
    ].join(";"),
  );
  return { database, connection, worker };
}

function ready() {
  if (!engine) {
    engine = start();
    engine.catch(() => {
      engine = null;
    });
  }
  return engine;
}

// --- values -------------------------------------------------------------------------------------------------------

const pad = (number, digits = 2) => String(number).padStart(digits, "0");

function dayText(milliseconds) {
  const day = new Date(milliseconds);
  return `${pad(day.getUTCFullYear(), 4)}-${pad(day.getUTCMonth() + 1)}-${pad(day.getUTCDate())}`;
}

function momentText(milliseconds) {
  const moment = new Date(milliseconds);
  return `${dayText(milliseconds)} ${pad(moment.getUTCHours())}:${pad(moment.getUTCMinutes())}:${pad(moment.getUTCSeconds())}`;
}

/** A decimal, exactly: Arrow holds it as one whole number of four words, the lowest first. */
function decimalText(words, scale) {
  let whole = 0n;
  for (let index = words.length - 1; index >= 0; index -= 1) whole = (whole << 32n) | BigInt(words[index]);
  whole = BigInt.asIntN(words.length * 32, whole);
  if (!scale) return String(whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  return `${whole < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** What a cell is to a person, by its Arrow type; null stays null. */
function textOf(value, type) {
  const { DataType } = globalThis.Arrow;
  if (value === null || value === undefined) return null;
  if (DataType.isDate(type)) return dayText(Number(value));
  if (DataType.isTimestamp(type)) return momentText(Number(value));
  if (DataType.isDecimal(type)) return decimalText(value, type.scale);
  if (DataType.isInterval(type)) return "interval: cast it to varchar to see it";
  if (typeof value === "object" && typeof value.toJSON === "function") {
    return JSON.stringify(value.toJSON(), (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));
  }
  return String(value);
}

function isNumber(type) {
  const { DataType } = globalThis.Arrow;
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type);
}

/** A field of a CSV file; a text that a spreadsheet would run gets an apostrophe in front, as in the exports. */
function csvField(text, numeric) {
  if (text === null) return "";
  const safe = !numeric && /^[=+\-@\t\r\n＝＋－＠']/.test(text) ? `'${text}` : text;
  return safe === "" || /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// --- running ------------------------------------------------------------------------------------------------------

function say(text) {
  statusLine.textContent = text;
}

/** What went wrong, in words. The engine's parser reports as JSON. */
function wordsOf(error) {
  let words = String(error.message || error).replace(/^Error: /, "");
  if (words.startsWith("{")) {
    try {
      const found = JSON.parse(words);
      words = `${found.exception_type} Error: ${found.exception_message}`;
    } catch {
      // Then it is shown as it is.
    }
  }
  const extension = /exists in the (\w+) extension/.exec(words);
  if (extension) {
    words = `${words.split("\n")[0]}\nThis page has no extensions of DuckDB, and loads none: do without ${extension[1]} here, or open the exports in DuckDB.`;
  }
  return words;
}

function show(error) {
  errorBox.textContent = error ? wordsOf(error) : "";
  errorBox.hidden = !error;
}

function busy(isBusy) {
  runButton.disabled = isBusy;
  stopButton.disabled = !isBusy;
  resultBox.setAttribute("aria-busy", String(isBusy));
}

async function rowsOf(connection, query) {
  const reader = await connection.send(query, true);
  const rows = [];
  let fields = null;
  for await (const batch of reader) {
    fields = fields || batch.schema.fields;
    const columns = fields.map((_, index) => batch.getChildAt(index));
    for (let row = 0; row < batch.numRows; row += 1) {
      if (rows.length === FETCHED) {
        await connection.cancelSent();
        return { fields, rows, more: true };
      }
      rows.push(columns.map((column, index) => textOf(column.get(row), fields[index].type)));
    }
  }
  fields = fields || (reader.schema ? reader.schema.fields : []);
  return { fields, rows, more: false };
}

async function run() {
  const query = editor.value.trim();
  if (!query) {
    say("Write a query first, or choose a question.");
    editor.focus();
    return;
  }
  running += 1;
  const mine = running;
  busy(true);
  show(null);
  say(engine ? "Running." : "Starting the engine; the first query takes a few seconds.");
  share(query);
  try {
    const { connection } = await ready();
    const started = performance.now();
    const found = await rowsOf(connection, query);
    if (mine !== running) return;
    const seconds = (performance.now() - started) / 1000;
    draw(found);
    say(statementOf(found, seconds));
  } catch (error) {
    if (mine !== running) return;
    clear();
    say("The query did not run.");
    show(error);
  } finally {
    if (mine === running) busy(false);
  }
}

function stop() {
  running += 1;
  if (engine) {
    engine.then(({ worker }) => worker.terminate()).catch(() => {});
    engine = null;
  }
  busy(false);
  clear();
  say("Stopped. The next query starts the engine anew.");
}

function statementOf({ rows, more }, seconds) {
  const count = rows.length.toLocaleString("en-GB");
  const took = `${seconds.toFixed(2)} s`;
  if (more) {
    return `More than ${count} rows, in ${took}. The first ${SHOWN.toLocaleString("en-GB")} are shown; the CSV has the first ${count}. Add a limit or a where to narrow it.`;
  }
  const noun = rows.length === 1 ? "row" : "rows";
  if (rows.length > SHOWN) {
    return `${count} ${noun}, in ${took}. The first ${SHOWN.toLocaleString("en-GB")} are shown; the CSV has all of them.`;
  }
  return `${count} ${noun}, in ${took}.`;
}

// --- drawing ------------------------------------------------------------------------------------------------------

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function clear() {
  resultBox.replaceChildren();
  resultBox.hidden = true;
  download.hidden = true;
}

function draw({ fields, rows }) {
  clear();
  if (!fields.length) return;
  const numeric = fields.map((field) => isNumber(field.type));
  const table = element("table");
  table.append(element("caption", "Result"));
  const head = element("thead");
  const headings = element("tr");
  fields.forEach((field, index) => {
    const heading = element("th", field.name, numeric[index] ? "number" : undefined);
    heading.scope = "col";
    headings.append(heading);
  });
  head.append(headings);
  const body = element("tbody");
  for (const row of rows.slice(0, SHOWN)) {
    const line = element("tr");
    row.forEach((text, index) => {
      line.append(
        text === null ? element("td", "null", "null") : element("td", text, numeric[index] ? "number" : undefined),
      );
    });
    body.append(line);
  }
  table.append(head, body);
  resultBox.append(table);
  resultBox.hidden = false;
  offer(fields, numeric, rows);
}

function offer(fields, numeric, rows) {
  if (download.href) URL.revokeObjectURL(download.href);
  const lines = [fields.map((field) => csvField(field.name, false))];
  for (const row of rows) lines.push(row.map((text, index) => csvField(text, numeric[index])));
  const file = new Blob([lines.map((line) => `${line.join(",")}\r\n`).join("")], { type: "text/csv;charset=utf-8" });
  download.href = URL.createObjectURL(file);
  download.hidden = false;
}

function share(query) {
  const hash = `#sql=${encodeURIComponent(query)}`;
  link.href = hash;
  link.hidden = false;
  history.replaceState(null, "", hash);
}

// --- the page -----------------------------------------------------------------------------------------------------

function fromLink() {
  const carried = /^#sql=(.*)$/s.exec(location.hash);
  if (!carried) return false;
  try {
    editor.value = decodeURIComponent(carried[1]);
  } catch {
    say("The link does not carry a query that can be read.");
    return false;
  }
  return true;
}

runButton.addEventListener("click", run);
stopButton.addEventListener("click", stop);
editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!runButton.disabled) run();
  }
});
for (const question of document.querySelectorAll("[data-sql]")) {
  question.addEventListener("click", () => {
    editor.value = question.dataset.sql;
    if (!runButton.disabled) run();
    editor.scrollIntoView({ block: "nearest" });
  });
}
window.addEventListener("hashchange", () => {
  if (fromLink() && !runButton.disabled) run();
});

byId("sql-waiting").hidden = true;
byId("sql-form").hidden = false;
if (fromLink()) {
  run();
} else {
  busy(false);
  say("Starting the engine.");
  ready().then(
    () => running || say("Ready."),
    (error) => {
      say("The engine did not start.");
      show(error);
    },
  );
}
