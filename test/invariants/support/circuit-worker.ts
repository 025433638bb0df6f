/** A process with many instances of the gateway in it, each with circuits of its own: circuit-processes.ts says what they do. */
import type { Pass } from '../../../shared/circuits/circuits.ts';
import { type Instance, instance, outage } from '../../shared/circuits/instances.ts';
import type { CircuitOrder, CircuitPlace, CircuitTold } from './circuit-processes.ts';
import { clientsOf } from './house.ts';

const { endpoint, tableName, skewMs, instances } = JSON.parse(process.argv[2] ?? '{}') as CircuitPlace;
const clock = { nowMs: 0 };
const { db } = clientsOf(endpoint);
const all: Instance[] = Array.from({ length: instances }, () => instance({ db, tableName, clock }, { skewMs }));
const underWay: Pass[] = [];

async function follow(order: CircuitOrder): Promise<number> {
  clock.nowMs = order.nowMs;
  switch (order.do) {
    case 'ask': {
      const leaves = await Promise.all(
        all.map(async ({ circuits }) => {
          if (order.look) await circuits.refresh();
          return circuits.admit(order.target);
        }),
      );
      const passes = leaves.flatMap((leave) => (leave.admitted ? [leave.pass] : []));
      underWay.push(...passes);
      return passes.length;
    }
    case 'end': {
      const passes = underWay.splice(0, order.most);
      for (const pass of passes) {
        if (order.how === 'failed') pass.failed(outage());
        else pass[order.how]();
      }
      await Promise.all(all.map(({ circuits }) => circuits.settled()));
      return passes.length;
    }
    case 'tell':
      return all.flatMap(({ events }) => events.splice(0)).filter((event) => event === 'CircuitOpened').length;
  }
}

const tell = (told: CircuitTold) => process.send?.(told);
process.on('message', async (order: CircuitOrder) => tell({ count: await follow(order) }));
tell({ count: 0 });
