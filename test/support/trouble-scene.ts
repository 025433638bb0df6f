/**
 * A gateway that tells its metrics on standard output, as on AWS, and troubles of
 * every kind that can be made there by driving the real code: providers that
 * fail, tables that are down, functions that die, schedules that are forgotten.
 */

import { powertoolsEvents, powertoolsMetrics } from '../../shared/observability/metrics.ts';
import type { QueueName } from '../../shared/queues/queue.ts';
import { dynamoQueueStore } from '../../shared/queues/queue-store.ts';
import { oneProvider, type Tenant } from './gateway.ts';
import { type MetricsOnStdout, metricsOnStdout } from './metrics-on-stdout.ts';
import { holdTo } from './policy.ts';
import { loggedTenant } from './request-logs.ts';
import { attack, moderated, tenantWith } from './safety-scene.ts';
import { question, type Scene, scene } from './scene.ts';
import { answer, completion, refusal, type Script, spoken, stream, usage, wellBehaved } from './scripted-provider.ts';
import { type Command, ofTable, watched } from './watched.ts';

/** What becomes of the one question that all of them ask. */
const asked = (tenant: Tenant, more: object = {}): Promise<unknown> =>
  tenant.client.chat.completions.create({ ...question, ...more }).catch((error: unknown) => error);

export type TroubleOptions = {
  /** At providers, for each request. */
  readonly attempts?: number;
};

export type TroubleScene = {
  readonly on: () => Scene;
  readonly stdout: MetricsOnStdout;
  /** Time goes by. */
  later(minutes: number): void;
  healthy(): Promise<void>;
  readonly trouble: ReturnType<typeof troublesOf>;
};

type Faults = { isDown: (command: Command) => boolean };

/** Call at the top of a file. */
export function troubleScene({ attempts = 1 }: TroubleOptions = {}): TroubleScene {
  const faults: Faults = { isDown: () => false };
  const fail = (command: Command): void => {
    if (faults.isDown(command))
      throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
  };
  let nowMs = () => 0;
  const stdout = metricsOnStdout(() => nowMs());
  const on = scene(
    {
      override: ({ db, onceDb, now }) => {
        nowMs = now;
        return {
          db: watched(db, fail),
          onceDb: watched(onceDb, fail),
          emitMetrics: powertoolsMetrics(0),
          countEvent: powertoolsEvents(),
        };
      },
    },
    (baseURL) => ({ ...oneProvider(baseURL), resilience: { attempts, circuit: { failures: 5 } } }),
  );
  const later = (minutes: number): void => {
    on().gateway.clock.nowMs += minutes * 60_000;
  };

  return {
    on,
    stdout,
    later,
    trouble: troublesOf(on, faults),
    async healthy() {
      const { tenant, gateway, provider } = on();
      provider.script = wellBehaved;
      await asked(tenant);
      await tenant.client.chat.completions.create({ ...question, stream: true }).then(read);
      await tenant.client.embeddings.create({ model: 'test-model', input: 'x' }).catch(() => {});
      await gateway.idle();
      await gateway.runSchedule('sweep');
    },
  };
}

async function read(frames: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of frames);
}

function troublesOf(on: () => Scene, faults: Faults) {
  const whileDown = async (isDown: Faults['isDown'], work: () => Promise<unknown>): Promise<void> => {
    faults.isDown = isDown;
    try {
      await work();
      await on().gateway.idle();
    } finally {
      faults.isDown = () => false;
    }
  };
  const whileScripted = async (script: Script, work: () => Promise<unknown>): Promise<void> => {
    on().provider.script = script;
    await work();
    await on().gateway.idle();
    on().provider.script = wellBehaved;
  };
  const repeated = async (times: number, work: () => Promise<unknown>): Promise<void> => {
    for (let time = 0; time < times; time += 1) await work();
  };
  /** 16,010 micro-dollars, within the bound of the call. */
  const spendMuch = (tenant: Tenant): Promise<void> =>
    whileScripted(answer(completion('ok', usage(10, 4_000))), () => asked(tenant, { max_tokens: 5_000 }));
  const isWrite = ({ constructor: { name } }: Command): boolean => /^(Put|Update|TransactWrite)Command$/.test(name);

  return {
    providerFails: (times: number) =>
      whileScripted(refusal(500, { message: 'x' }), () => repeated(times, () => asked(on().tenant))),

    providerRefusesCredential: () => whileScripted(refusal(401, { message: 'x' }), () => asked(on().tenant)),

    providerIsBusy: () => whileScripted(refusal(429, { message: 'x' }), () => asked(on().tenant)),

    /** Asks the model again once its circuit may be tried. */
    providerRecovers: async () => {
      on().gateway.clock.nowMs += 61_000;
      await asked(on().tenant);
      await on().gateway.idle();
    },

    providerTakesMoreThanItMay: () =>
      whileScripted(answer(completion('x', usage(10, 5_000))), () => asked(on().tenant, { max_tokens: 50 })),

    streamsBeginLate: async (seconds: number) => {
      const late: Script = (response, its) => {
        on().gateway.clock.nowMs += seconds * 1_000;
        return stream(spoken(['Hello']))(response, its);
      };
      await whileScripted(late, () =>
        on()
          .tenant.client.chat.completions.create({ ...question, stream: true })
          .then(read),
      );
    },

    budgetsAreDown: (times: number) =>
      whileDown(
        (command) => ofTable('admission', command),
        () => repeated(times, () => asked(on().tenant)),
      ),

    /** As if its function had been killed when the answer was out: the ledger never hears of its end. */
    functionDies: () =>
      whileDown(
        (command) => ofTable('usage', command) && command.input.Item?.state === 'settled',
        () => asked(on().tenant),
      ),

    sweep: () => on().gateway.runSchedule('sweep'),

    limitIsLoweredBelowSpend: async () => {
      const { gateway } = on();
      const tenant = await gateway.tenant();
      await spendMuch(tenant);
      const { spendLimit } = gateway.admin().admin.organization.projects;
      await spendLimit.update(tenant.projectId, { threshold_amount: 1, currency: 'USD', interval: 'month' });
    },

    /** Of 30 micro-dollars each. */
    calls: (times: number) => whileScripted(wellBehaved, () => repeated(times, () => asked(on().tenant))),

    spendMuch: () => spendMuch(on().tenant),

    attacks: async (times: number) => {
      const tenant = await tenantWith(on().gateway, { injection: { mode: 'flag' } });
      const body = { messages: [{ role: 'user', content: attack }] };
      await whileScripted(moderated(), () => repeated(times, () => asked(tenant, body)));
    },

    violationsAreDown: async () => {
      const tenant = await tenantWith(on().gateway, { injection: { mode: 'flag' } });
      const body = { messages: [{ role: 'user', content: attack }] };
      await whileDown(
        (command) => isWrite(command) && ofTable('violations', command),
        () => asked(tenant, body),
      );
    },

    requestLogIsDown: async () => {
      const { key } = await loggedTenant(on(), { mode: 'metadata' });
      const client = on().gateway.withKey(key);
      await whileDown(
        ({ input }) => input.TableName === on().gateway.live.env.queues.table,
        () => client.chat.completions.create(question),
      );
    },

    moderationFails: async () => {
      const tenant = await tenantWith(on().gateway, { moderation: { input: 'block' } });
      await whileScripted(moderated(wellBehaved, { instead: refusal(500, { message: 'x' }) }), () => asked(tenant));
    },

    requestsBeyondTheirLimit: async (times: number) => {
      const { gateway, database } = on();
      const tenant = await gateway.tenant();
      await holdTo(database, tenant.projectId, { limits: { requestsPerMinute: 1, burst: 1 } } as never);
      await repeated(times + 1, () => asked(tenant));
      await gateway.idle();
    },

    budgetIsUsedUp: async () => {
      const { gateway, database } = on();
      const tenant = await gateway.tenant();
      await holdTo(database, tenant.projectId, { spendLimitMicroUsd: 1 });
      await asked(tenant);
      await gateway.idle();
    },

    reportOfTheDay: () => on().gateway.runSchedule('usage-report-daily'),
    reportOfTheMonth: () => on().gateway.runSchedule('usage-report-monthly'),

    /** As often as Lambda would try it. Whether every try failed. */
    reportsCannotBeMade: async () => {
      let failures = 0;
      await whileDown(
        (command) => ofTable('usage', command),
        () =>
          repeated(3, () =>
            on()
              .gateway.runSchedule('usage-report-daily')
              .catch(() => {
                failures += 1;
              }),
          ),
      );
      return failures === 3;
    },

    /** A message that nobody can work on, delivered until it is put aside: how many lie there then. */
    messageIsNeverWorkedOn: async (queue: QueueName, deliveries: number, visibilitySeconds: number) => {
      const { gateway, database } = on();
      const store = dynamoQueueStore(database.db, database.queueTable);
      await store.send(queue, 'msg_nobody_knows', { nonsense: 'true' }, gateway.clock.nowMs);
      await repeated(deliveries + 1, async () => {
        await gateway.runQueue(queue);
        gateway.clock.nowMs += (visibilitySeconds + 1) * 1_000;
      });
      return (await store.dead(queue)).length;
    },
  };
}
