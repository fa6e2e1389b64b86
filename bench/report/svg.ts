// The few pieces of SVG that the plots are made of, with all that comes from elsewhere escaped. Pure.

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes): string {
  return `<${name}${attributeText(attributes)}/>`;
}

export function textElement(text: string, attributes: Attributes): string {
  return `<text${attributeText(attributes)}>${escapeXml(text)}</text>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** XML 1.0 §2.2: most control characters may not stand in a document, not even as entities. */
export function escapeXml(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ')
      .replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark)
  );
}

function attributeText(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => {
      const text = typeof value === 'number' ? `${Math.round(value * 10) / 10}` : escapeXml(value);
      return ` ${name}="${text}"`;
    })
    .join('');
}
