/** One monitor for each isolate: bindings belong to the isolate, so what is made of them may be kept beside them. */

/**
 * Makes `factory` run once for each `env` object, which is once in an isolate. What it makes must not hold anything of a
 * request. A failure is not kept.
 */
export function oncePerEnv<Env, T>(factory: (env: Env) => T): (env: Env) => T {
	const made = new WeakMap<object, { readonly value: T }>();
	return (env) => {
		if (typeof env !== "object" || env === null) return factory(env);
		const known = made.get(env);
		if (known !== undefined) return known.value;
		const value = factory(env);
		made.set(env, { value });
		return value;
	};
}
