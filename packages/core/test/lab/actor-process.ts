// Run inside a network namespace: serves and asks as lines of standard input say (`Request` of messages.ts), and
// answers each with a line.
import { createInterface } from 'node:readline';
import { type Conversation, openConversation } from './clients.ts';
import type { Answer, Request } from './messages.ts';
import { serveTcp, serveUdp } from './servers.ts';

const conversations = new Map<number, Conversation>();

async function act(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'listen':
      for (const address of request.addresses) {
        await serveTcp(address, request.port);
        await serveUdp(address, request.port);
      }
      return null;
    case 'ask': {
      const answers: Answer[] = [];
      for (let n = 0; n < request.count; n++) {
        const conversation = openConversation(request.target);
        const answer = await conversation.exchange(request.exchange, request.timeoutMs);
        conversation.close();
        answers.push(answer);
        if (answer.error !== undefined) break;
      }
      return answers;
    }
    case 'open': {
      const id = conversations.size;
      conversations.set(id, openConversation(request.target));
      return id;
    }
    case 'exchange':
      return conversations.get(request.id)!.exchange(request.exchange, request.timeoutMs);
    case 'close':
      return conversations.get(request.id)!.close() ?? null;
  }
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await act(JSON.parse(line) as Request)));
}
