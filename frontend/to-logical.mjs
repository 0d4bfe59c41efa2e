// One stylesheet for both directions: left and right become inline-start and inline-end (interface.md 1.5).
//
//   node to-logical.mjs IN.css OUT.css LEFT.txt [OWN.css ...]
//
// Reads what sass made of GOV.UK Frontend, turns every declaration it understands, and writes to LEFT.txt each
// one that still names a side. That list is read by a person and committed; a test holds the stylesheet to it.
// Our own layer is appended untouched, for it must name no side at all.
import { readFileSync, writeFileSync } from "node:fs";
import postcss from "postcss";

const RENAMED = {
  "margin-left": "margin-inline-start",
  "margin-right": "margin-inline-end",
  "padding-left": "padding-inline-start",
  "padding-right": "padding-inline-end",
  left: "inset-inline-start",
  right: "inset-inline-end",
  "border-top-left-radius": "border-start-start-radius",
  "border-top-right-radius": "border-start-end-radius",
  "border-bottom-left-radius": "border-end-start-radius",
  "border-bottom-right-radius": "border-end-end-radius",
};
for (const part of ["", "-width", "-style", "-color"]) {
  RENAMED[`border-left${part}`] = `border-inline-start${part}`;
  RENAMED[`border-right${part}`] = `border-inline-end${part}`;
}
const SIDED_VALUE = {
  float: { left: "inline-start", right: "inline-end" },
  clear: { left: "inline-start", right: "inline-end" },
  "text-align": { left: "start", right: "end" },
  "justify-content": { left: "start", right: "end" },
};
// Four values go round the box from the top; two of them are sides.
const AROUND = {
  margin: ["margin-block", "margin-inline"],
  padding: ["padding-block", "padding-inline"],
  inset: ["inset-block", "inset-inline"],
  "border-width": ["border-block-width", "border-inline-width"],
  "border-style": ["border-block-style", "border-inline-style"],
  "border-color": ["border-block-color", "border-inline-color"],
};
const SIDE = /\b(left|right)\b/;
// A notch is on a side of the glass, whatever the language.
const OF_THE_DEVICE = /safe-area-inset/;
// Two borders of a turned box are a tick, and a tick looks the same in every language.
const TICK = ".govuk-checkboxes__label::after";

function unequal(value) {
  const [, right, , left] = postcss.list.space(value);
  return left !== undefined && left !== right;
}

function turn(declaration) {
  const { prop, value } = declaration;
  if (OF_THE_DEVICE.test(value) || (prop === "border-width" && declaration.parent.selector === TICK)) return;
  if (RENAMED[prop]) {
    declaration.prop = RENAMED[prop];
  } else if (SIDED_VALUE[prop]?.[value]) {
    declaration.value = SIDED_VALUE[prop][value];
  } else if (AROUND[prop]) {
    if (!unequal(value)) return;
    const [top, right, bottom, left] = postcss.list.space(value);
    const [block, inline] = AROUND[prop];
    declaration.cloneBefore({ prop: block, value: top === bottom ? top : `${top} ${bottom}` });
    declaration.cloneBefore({ prop: inline, value: `${left} ${right}` });
    declaration.remove();
  }
}

// What still leans to one side: named, or by a shape or a shift along the line of writing.
function leans({ prop, value }) {
  if (SIDE.test(prop) || SIDE.test(value)) return true;
  if (AROUND[prop] && unequal(value)) return true;
  if (prop === "clip-path" || /translate(X|3d)?\(|rotate\(/.test(value)) return true;
  return /^(background-position|transform-origin)$/.test(prop);
}

function drop(root) {
  // A hack for Internet Explorer that sass turns into broken UTF-8 and then cannot read itself.
  root.walkAtRules("media", (rule) => {
    if (/^screen./.test(rule.params) && !/^screen\s/.test(rule.params)) rule.remove();
  });
  root.walkDecls((declaration) => {
    const { prop, value } = declaration;
    // Paper and screen use the same fonts; thin glyphs help no tired reader; every browser knows clip-path.
    const repeated = prop === "font-family" && declaration.parent.parent?.params === "print";
    if (repeated || /font-smoothing$|^-webkit-clip-path$/.test(prop)) declaration.remove();
    // An address on paper names a case.
    else if (prop === "content" && /attr\(href\)/.test(value)) declaration.parent.remove();
    // Each colour is set once in :root; its second copy beside every use only weighs.
    else declaration.value = value.replace(/var\((--govuk-[a-z-]+), #[0-9a-f]+\)/g, "var($1)");
  });
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    root.walk((node) => {
      if (node.nodes?.length === 0) {
        node.remove();
        now += 1;
      }
    });
  }
  root.walkComments((comment) => comment.remove());
}

// Rules that stood apart only because something between them was dropped.
function join(container) {
  container.each((rule) => {
    if (rule.nodes && rule.type !== "rule") join(rule);
    const next = rule.next();
    if (!next || rule.type !== next.type) return;
    const same = rule.type === "rule" ? rule.selector === next.selector
      : rule.type === "atrule" && rule.name === next.name && rule.params === next.params;
    if (!same) return;
    next.prepend(rule.nodes.map((node) => node.clone()));
    rule.remove();
  });
}

const [input, output, left, ...own] = process.argv.slice(2);
// Byte for byte (Latin-1) on the way in and out: the hack's broken bytes would not survive being read as UTF-8.
const root = postcss.parse(readFileSync(input, "latin1").replace(/^@charset[^;]*;/, ""));
drop(root);
root.walkDecls(turn);
join(root);
const leaning = [];
root.walkDecls((declaration) => {
  if (!leans(declaration)) return;
  leaning.push(`${declaration.parent.selector.replace(/\s+/g, " ")} { ${declaration.prop}: ${declaration.value} }`);
});
writeFileSync(left, leaning.sort().join("\n") + "\n");
const turned = Buffer.from(root.toString(), "latin1").toString("utf8");
writeFileSync(output, [turned, ...own.map((file) => readFileSync(file, "utf8"))].join("\n"));
