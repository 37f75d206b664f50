/**
 * The rules of SARIF 2.1.0 and of GitHub's code scanning that our logs could break, as a list of complaints: empty
 * where all is well.
 *
 * Sources: OASIS, "SARIF Version 2.1.0", sections 3.13 (log), 3.14 (run), 3.19 (tool component), 3.27 (result), 3.28
 * (location), 3.49 (reporting descriptor); GitHub, "SARIF support for code scanning".
 */
export function sarifComplaints(log: unknown): readonly string[] {
  const complaints: string[] = [];
  const check = (at: string, holds: boolean) => {
    if (!holds) complaints.push(at);
  };
  const object = (at: string, value: unknown, known: readonly string[]): Members => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    check(`${at}: an object`, isObject);
    const members = isObject ? (value as Members) : {};
    for (const name of Object.keys(members)) check(`${at}.${name}: known`, known.includes(name));
    return members;
  };
  const list = (at: string, value: unknown): readonly unknown[] => {
    check(`${at}: a list`, Array.isArray(value));
    return Array.isArray(value) ? value : [];
  };
  const message = (at: string, value: unknown) => {
    const { text, markdown } = object(at, value, ["text", "markdown"]);
    check(`${at}.text: words`, typeof text === "string" && text.length > 0);
    check(
      `${at}.markdown: words`,
      markdown === undefined || (typeof markdown === "string" && markdown !== ""),
    );
  };
  const location = (at: string, value: unknown) => {
    const { physicalLocation, id, message: words } = object(at, value, ["physicalLocation", "id", "message"]);
    check(`${at}.id: a number from 0`, id === undefined || (Number.isInteger(id) && Number(id) >= 0));
    if (words !== undefined) message(`${at}.message`, words);
    const place = object(`${at}.physicalLocation`, physicalLocation, ["artifactLocation", "region"]);
    const { uri } = object(`${at}.artifactLocation`, place["artifactLocation"], ["uri"]);
    // RFC 3986: no blanks or controls, percent signs only before two hex digits.
    check(`${at}.uri`, typeof uri === "string" && /^(?:[\w.~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})+$/.test(uri));
    if (place["region"] === undefined) return;
    const { startLine, snippet } = object(`${at}.region`, place["region"], ["startLine", "snippet"]);
    check(`${at}.startLine: from 1`, Number.isInteger(startLine) && Number(startLine) >= 1);
    message(`${at}.snippet`, snippet);
  };

  const { $schema, version, runs } = object("log", log, ["$schema", "version", "runs"]);
  check("$schema: a URI", isAbsolute($schema));
  check("version: 2.1.0", version === "2.1.0");
  for (const [i, one] of list("runs", runs).entries()) {
    const run = object(`run ${i}`, one, ["tool", "columnKind", "invocations", "results"]);
    check("columnKind", run["columnKind"] === "utf16CodeUnits");
    for (const invocation of list("invocations", run["invocations"])) {
      const { executionSuccessful } = object("invocation", invocation, ["executionSuccessful"]);
      check("executionSuccessful: a truth value", typeof executionSuccessful === "boolean");
    }
    const { driver } = object("tool", run["tool"], ["driver"]);
    const known = ["name", "version", "semanticVersion", "informationUri", "rules"];
    const {
      name,
      version: release,
      semanticVersion,
      informationUri,
      rules,
    } = object("driver", driver, known);
    check("driver.name", typeof name === "string" && name !== "");
    check("driver.version", typeof release === "string" && release !== "");
    check("driver.semanticVersion", /^\d+\.\d+\.\d+/.test(String(semanticVersion)));
    check("driver.informationUri: absolute", isAbsolute(informationUri));
    const ids = list("rules", rules).map((rule, at) => {
      const descriptor = [
        "id",
        "name",
        "shortDescription",
        "fullDescription",
        "help",
        "defaultConfiguration",
      ];
      const members = object(`rule ${at}`, rule, descriptor);
      for (const part of ["shortDescription", "fullDescription", "help"])
        message(`rule ${at}.${part}`, members[part]);
      check(`rule ${at}.name: one word`, /^[A-Z][A-Za-z]*$/.test(String(members["name"])));
      return members["id"];
    });
    check("rules: each id once", new Set(ids).size === ids.length);
    const prints = list("results", run["results"]).map((result, at) => {
      const where = `result ${at}`;
      const members = object(where, result, [
        ...["ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations"],
        ...["partialFingerprints", "properties"],
      ]);
      const { ruleId, ruleIndex, level, partialFingerprints } = members;
      check(`${where}.ruleIndex: that of ruleId`, ids[Number(ruleIndex)] === ruleId && ruleId !== undefined);
      check(`${where}.level`, ["none", "note", "warning", "error"].includes(String(level)));
      message(`${where}.message`, members["message"]);
      const places = list(`${where}.locations`, members["locations"]);
      check(`${where}.locations: one`, places.length === 1);
      for (const [l, one] of places.entries()) location(`${where}.locations[${l}]`, one);
      for (const [l, one] of list(where, members["relatedLocations"] ?? []).entries()) {
        location(`${where}.relatedLocations[${l}]`, one);
      }
      const print = Object.values((partialFingerprints ?? {}) as Members);
      check(
        `${where}.partialFingerprints`,
        print.length > 0 && print.every((text) => typeof text === "string"),
      );
      return JSON.stringify(print);
    });
    check("fingerprints: each once", new Set(prints).size === prints.length);
  }
  return complaints;
}

type Members = Readonly<Record<string, unknown>>;

function isAbsolute(uri: unknown): boolean {
  return typeof uri === "string" && URL.canParse(uri);
}
