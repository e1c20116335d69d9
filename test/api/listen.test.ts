import express from 'express';
import { listen } from '../../src/api/listen';

test('no request or response changes its prototype, and both are what Express makes of them', async () => {
  const app = express();
  app.get('/echo', (request, response) => void response.json({ query: request.query, ip: request.ip }));
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const setPrototypeOf = Object.setPrototypeOf.bind(Object);
  const changed: unknown[] = [];
  const spy = jest.spyOn(Object, 'setPrototypeOf').mockImplementation((target: object, prototype) => {
    if (Object.getPrototypeOf(target) !== prototype) changed.push(target);
    return setPrototypeOf(target, prototype);
  });
  try {
    const reply = await fetch(`${server.url}/echo?a=1`);
    expect(await reply.json()).toEqual({ query: { a: '1' }, ip: '127.0.0.1' });
    expect(spy).toHaveBeenCalled();
    expect(changed).toHaveLength(0);
  } finally {
    spy.mockRestore();
    await server.close();
  }
});
