import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { expect, test } from 'vitest';
import text from '../../src/main/resources/asyncapi.json?raw';

test('the description of the topics is a valid AsyncAPI document', async () => {
  const { document, diagnostics } = await new Parser().parse(text);

  expect(diagnostics.filter((found) => found.severity === DiagnosticSeverity.Error)).toEqual([]);
  const channels = document?.channels().all() ?? [];
  expect(channels.map((channel) => channel.address())).toContain('muster.terminal-lines');
  for (const channel of channels) {
    expect(channel.messages().all()).toHaveLength(1);
  }
}, 120_000);
