import { describe, expect, it, vi } from "vitest";
import { num, str } from "../../src/schema/field.js";
import { defineVault, type VaultAnswer, vaultTimes } from "../../src/vaults/vault.js";
import { VaultSet } from "../../src/vaults/vault-set.js";

const none = () => undefined;

/** A vault whose answers the test decides, and a clock that the test turns. */
function world(defaults: Record<string, unknown> = {}) {
  let now = 1_700_000_000_000;
  const answer = vi.fn<(resource: string) => VaultAnswer>(() => "one");
  const vault = defineVault({
    name: "far",
    config: { ...vaultTimes, region: str(), level: num() },
    get: (_config, resource) => answer(resource),
  });
  const set = new VaultSet([vault], { defaults: { far: defaults }, now: () => now });
  const changed = vi.fn();
  set.onChanged = changed;
  const failed = vi.fn();
  return {
    answer,
    changed,
    failed,
    set,
    get: (reference = "far/key"): string => set.get(`{vault://${reference}}`, none),
    rotate: () => set.rotate(failed),
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

describe("a secret", () => {
  it("is asked for once, where nobody says how long it is good", async () => {
    const { get, answer, rotate, pass, changed } = world();
    expect([get(), get()]).toEqual(["one", "one"]);
    answer.mockReturnValue("two");
    pass(1e9);
    await rotate();
    expect(get()).toBe("one");
    expect(answer).toHaveBeenCalledTimes(1);
    expect(changed).not.toHaveBeenCalled();
  });

  it.each([
    ["the vault", {}, { value: "one", ttl: 60 }, 60],
    ["the setting", { ttl: 30 }, "one", 30],
    ["the vault, whatever the setting says", { ttl: 30 }, { value: "one", ttl: 90 }, 90],
    ["the least", { min_ttl: 100 }, { value: "one", ttl: 5 }, 100],
    ["the most", { max_ttl: 10, ttl: 500 }, "one", 10],
  ] as const)("is good for as long as %s says, and then asked for by the rotation", async (_name, settings, first, seconds) => {
    const { get, answer, rotate, pass, changed } = world(settings);
    answer.mockReturnValue(first);
    expect(get()).toBe("one");
    answer.mockReturnValue("two");
    pass(seconds - 1);
    await rotate();
    expect(get()).toBe("one");
    expect(changed).not.toHaveBeenCalled();
    pass(1);
    await rotate();
    expect(changed).toHaveBeenCalledTimes(1);
    expect(get()).toBe("two");
  });

  it("is the same still: nobody is told", async () => {
    const { get, rotate, pass, changed, answer } = world({ ttl: 10 });
    get();
    pass(10);
    await rotate();
    expect(answer).toHaveBeenCalledTimes(2);
    expect(changed).not.toHaveBeenCalled();
  });

  it("is used on while the vault does not answer, for as long as it may be", async () => {
    const { get, answer, rotate, pass, changed, failed } = world({ ttl: 10, resurrect_ttl: 300 });
    get();
    answer.mockImplementation(() => {
      throw new Error("out of order");
    });
    pass(10);
    await rotate();
    expect(get()).toBe("one");
    expect(failed).toHaveBeenCalledWith(
      "{vault://far/key}",
      expect.objectContaining({ message: expect.stringContaining("out of order") }),
    );
    pass(300);
    await rotate();
    expect(() => get()).toThrow("could not get value from external vault (out of order)");
    expect(changed).toHaveBeenCalledTimes(1);
    answer.mockReturnValue("three");
    await rotate();
    expect(get()).toBe("three");
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it("that cannot be had is not asked for again at once, but by every rotation", async () => {
    const { get, answer, rotate, changed } = world();
    answer.mockReturnValue(undefined);
    for (let count = 0; count < 3; count++) expect(() => get()).toThrow("no value found");
    expect(answer).toHaveBeenCalledTimes(1);
    answer.mockReturnValue("late");
    await rotate();
    expect(changed).toHaveBeenCalledTimes(1);
    expect(get()).toBe("late");
  });

  it("of other settings is another one", () => {
    const { get, answer, set } = world();
    answer.mockReturnValueOnce("a").mockReturnValueOnce("b").mockReturnValueOnce("c");
    expect([get("far/key"), get("far/key?region=x"), get("far/key")]).toEqual(["a", "b", "a"]);
    const find = (region: string) => () => ({ name: "far", config: { region } });
    expect(set.get("{vault://mine/key}", find("x"))).toBe("c");
    answer.mockReturnValueOnce("d");
    expect(set.get("{vault://mine/key}", find("y"))).toBe("d");
  });

  it("is asked for again by whoever insists, and once by those who do so together", async () => {
    const refresh = vi.fn(async () => "fresh");
    const vault = defineVault({ name: "far", config: {}, get: () => "old", refresh });
    const set = new VaultSet([vault]);
    const changed = vi.fn();
    set.onChanged = changed;
    const reference = "{vault://far/key}";
    expect(set.get(reference, none)).toBe("old");
    expect(await Promise.all([set.refresh([reference, reference], none), set.refresh([reference], none)])).toEqual([true, true]);
    expect(refresh).toHaveBeenCalledTimes(1);
    expect(set.get(reference, none)).toBe("fresh");
    refresh.mockRejectedValue(new Error("away"));
    expect(await set.refresh([reference, "{vault://nowhere/key}", "no reference"], none)).toBe(false);
    expect(set.get(reference, none)).toBe("fresh");
    set.expire();
    expect(set.get(reference, none)).toBe("old");
  });
});
