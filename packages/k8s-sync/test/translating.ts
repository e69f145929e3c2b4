import type { Frontend } from '@lbx/maps';
import type { ObjectKind, SourceEvent } from '../src/sources/source-event.ts';
import { createTranslator, type Translator, type TranslatorOptions } from '../src/translate/translator.ts';

export const upsert = (object: object): SourceEvent => ({
  type: 'upsert',
  kind: (object as { kind: ObjectKind }).kind,
  object,
});

/** The deletion of an object like those of objects.ts. */
export function deletion(object: object): SourceEvent {
  const { kind, metadata } = object as {
    kind: ObjectKind;
    metadata: { namespace?: string; name: string };
  };
  return { type: 'delete', kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** A translator for node-a that has been told `objects`. */
export function translatorOf(...objects: object[]): Translator {
  return translatorWith({}, ...objects);
}

export function translatorWith(options: Partial<TranslatorOptions>, ...objects: object[]): Translator {
  const translator = createTranslator({
    nodeName: 'node-a',
    nodeIPs: ['192.0.2.1', '127.0.0.1', '2001:db8::1'],
    ...options,
  });
  for (const object of objects) translator.apply(upsert(object));
  return translator;
}

/** "NodePort 0.0.0.0:30080/TCP external -> 192.0.2.50:8080 192.0.2.51:8080(terminating)" */
export function line(f: Frontend): string {
  const backends = f.backends.map(
    (b) =>
      `${b.address}:${b.port}${b.state === undefined ? '' : `(${b.state})`}${b.standby ? '(standby)' : ''}`,
  );
  return `${f.type} ${f.address}:${f.port}/${f.protocol}${f.scope === undefined ? '' : ` ${f.scope}`} -> ${backends.join(' ')}`;
}

export function lines(translator: Translator): string[] {
  return translator.translate().frontends.map(line);
}

export function problems(translator: Translator): string[] {
  return translator.translate().problems.map(({ message }) => message);
}
