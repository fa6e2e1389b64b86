// Reads a template as Azure Pipelines does before a run: parameters checked against their declaration, `${{ }}` put in.
// Only what our templates use; anything else is an error here, never left as it is.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const parameterSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z]\w*$/),
  type: z.enum(['string', 'object', 'stepList']),
  default: z.unknown().optional(),
});

const templateSchema = z.strictObject({
  parameters: z.array(parameterSchema),
  jobs: z.array(z.unknown()).length(1),
});

const stepOptions = {
  displayName: z.string().optional(),
  condition: z.literal('always()').optional(),
  env: z.record(z.string(), z.string()).optional(),
};

const stepSchema = z.union([
  z.strictObject({ checkout: z.literal('self') }),
  z.strictObject({ bash: z.string(), ...stepOptions }),
  z.strictObject({
    task: z.string().regex(/^\w+@\d+$/),
    inputs: z.record(z.string(), z.union([z.string(), z.boolean()])),
    ...stepOptions,
  }),
]);

const jobSchema = z.strictObject({
  job: z.string().regex(/^\w+$/),
  displayName: z.string(),
  pool: z.unknown(),
  steps: z.array(stepSchema),
});

export type Template = z.infer<typeof templateSchema>;
export type TemplateParameter = z.infer<typeof parameterSchema>;
export type Step = z.infer<typeof stepSchema>;
export type Job = z.infer<typeof jobSchema>;
export type ParameterValues = Readonly<Record<string, unknown>>;

const EXPRESSION = /\$\{\{(.*?)\}\}/g;
const PARAMETER = /^\s*parameters\.(\w+)\s*$/;

export function readTemplate(file: string): Template {
  return templateSchema.parse(parse(readFileSync(file, 'utf8')));
}

/** @throws Error for a parameter that is missing, unknown or of another type */
export function expandTemplate(template: Template, given: ParameterValues): Job {
  const names = template.parameters.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`the template has no parameter ${unknown.join(', ')}`);
  const values = Object.fromEntries(
    template.parameters.map((parameter) => [parameter.name, valueOf(parameter, given)]),
  );
  return jobSchema.parse(expand(template.jobs[0], values));
}

function valueOf(parameter: TemplateParameter, given: ParameterValues): unknown {
  const value = given[parameter.name] ?? parameter.default;
  if (value === undefined) throw new Error(`a value for the parameter ${parameter.name} is missing`);
  const fits = { string: typeof value === 'string', object: true, stepList: Array.isArray(value) };
  if (!fits[parameter.type]) throw new Error(`the parameter ${parameter.name} is no ${parameter.type}`);
  return value;
}

function expand(node: unknown, values: ParameterValues): unknown {
  if (typeof node === 'string') return expandText(node, values);
  if (Array.isArray(node)) {
    return node.flatMap((item: unknown) => {
      const value = expand(item, values);
      // A list that stands for an item is put in its place, item by item.
      return typeof item === 'string' && Array.isArray(value) ? value : [value];
    });
  }
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key.includes('${{')) throw new Error(`an expression as a key is not played here: ${key}`);
      return [key, expand(value, values)];
    }),
  );
}

function expandText(text: string, values: ParameterValues): unknown {
  const [whole, only] = /^\$\{\{([^}]*)\}\}$/.exec(text) ?? [];
  if (whole !== undefined) return parameterOf(only ?? '', values);
  return text.replaceAll(EXPRESSION, (_, expression: string) => {
    const value = parameterOf(expression, values);
    if (typeof value !== 'string') throw new Error(`${expression.trim()} is put into a text and is none`);
    return value;
  });
}

function parameterOf(expression: string, values: ParameterValues): unknown {
  const name = PARAMETER.exec(expression)?.[1];
  if (name === undefined || !Object.hasOwn(values, name)) {
    throw new Error(`an expression that is not played here: ${expression.trim()}`);
  }
  return values[name];
}
