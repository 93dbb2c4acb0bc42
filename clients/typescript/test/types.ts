// What must compile, and what must not: where an error is expected and there is none, it is one.

import { type Device, type KnownEvent, type Notification, Tidings } from '../src/index.js';

const tidings = new Tidings({ baseUrl: 'https://push.example.com', apiKey: 'tid_1' });

export async function good(collapseId: string | undefined): Promise<Device[]> {
  const notification: Notification = { to: { tags: { any: ['tea'] } }, aps: { alert: 'Tea' }, priority: 10 };
  // What has no value may be passed on.
  const { id } = await tidings.sendNotification('app', { ...notification, collapse_id: collapseId });
  const text: string = id;
  const devices: Device[] = [];
  for await (const device of tidings.iterateDevices(text, { state: 'active' })) devices.push(device);
  for (const line of await tidings.sendNotifications('app', [notification])) {
    if ('problem' in line) console.log(line.problem.hint);
    else console.log(line.id);
  }
  return devices;
}

export function told(event: KnownEvent): number {
  if (event.type === 'notification.finished') return event.data.counts.delivered;
  // @ts-expect-error: only `notification.finished` has counts.
  return event.data.counts.delivered;
}

export async function bad(): Promise<void> {
  // @ts-expect-error: no such field.
  await tidings.sendNotification('app', { to: { users: ['ada'] }, asp: { alert: 'Tea' } });
  // @ts-expect-error: `to` is missing.
  await tidings.sendNotification('app', { aps: { alert: 'Tea' } });
  // @ts-expect-error: no such push type.
  await tidings.sendNotification('app', { to: { everyone: true }, push_type: 'loud' });
  // @ts-expect-error: no such state.
  await tidings.listDevices('app', { state: 'happy' });
  // @ts-expect-error: registering has no idempotency key.
  await tidings.registerDevice('app', '00', {}, { idempotencyKey: 'one' });
  const device = await tidings.describeDevice('app', '00');
  // @ts-expect-error: an environment may not be known.
  const environment: string = device.environment;
  console.log(environment);
}
