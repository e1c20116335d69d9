/**
 * Asks again and again until the answer is right. Out: that answer. @throws with the last one after `waitMs`, which is
 * for what hangs: two busy cores take many times as long as an idle machine
 */
export async function until<Answer>(
  ask: () => Answer | Promise<Answer>,
  isRight: (answer: Answer) => boolean = Boolean,
  waitMs = 120_000,
): Promise<Answer> {
  const end = performance.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (performance.now() > end) throw new Error(`it did not come to be; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
