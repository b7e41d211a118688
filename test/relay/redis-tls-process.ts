/** Two guests of one node around the Redis of the first argument; prints what the second one hears. */
import { pair, stopNodes, TestNode } from "./redis-nodes.ts";

const node = await TestNode.start(process.argv[2]!);
const [first, second] = await pair(node);
first.says("hello");
console.log((await second.hears(1))[0]);
await stopNodes();
