"""LLVM instructions for vectors of sixteen images, and the activations built from them."""

from contextlib import contextmanager
from functools import reduce

from llvmlite import ir

LANES = 16
VOID, FLOAT, INT, POINTER = ir.VoidType(), ir.FloatType(), ir.IntType(64), ir.PointerType()
VECTOR, BITS = ir.VectorType(FLOAT, LANES), ir.VectorType(ir.IntType(32), LANES)
# 2**f on [-1/2, 1/2] to 1.1e-7 relative, highest power first (minimax, constant term fixed).
EXP2 = (1.32647355e-3, 9.67151579e-3, 5.55073358e-2, 2.40222424e-1, 6.93147004e-1, 1.0)


def constant(value, kind=VECTOR):
    """The same number in every lane."""
    return kind([value] * LANES)


def constant_of(numbers):
    """Whole numbers, one a lane."""
    return BITS(list(numbers))


class Emitter(ir.IRBuilder):
    """LLVM's instruction builder with the idioms of these kernels."""

    @contextmanager
    def loop(self, count):
        """Repeat what the with-block emits; yields the index, 0 .. count - 1 (count >= 1)."""
        before, body, after = self.block, self.append_basic_block(), self.append_basic_block()
        self.branch(body)
        self.position_at_end(body)
        index = self.phi(INT)
        index.add_incoming(INT(0), before)
        yield index
        following = self.add(index, INT(1))
        index.add_incoming(following, self.block)
        self.cbranch(self.icmp_signed("<", following, count), body, after)
        self.position_at_end(after)

    def at(self, base, kind, fixed, *terms):
        """Address of element fixed + sum(index * stride) of `base`; terms are (index, stride)."""
        scaled = [self.mul(index, INT(stride)) for index, stride in terms]
        return self.gep(base, [reduce(self.add, scaled, INT(fixed))], source_etype=kind)

    def splat(self, base, fixed):
        """Float number `fixed` of `base` in every lane."""
        scalar = self.load(self.at(base, FLOAT, fixed), typ=FLOAT, align=4)
        first = self.insert_element(VECTOR(ir.Undefined), scalar, INT(0))
        return self.shuffle_vector(first, first, constant(0, BITS))

    def fma(self, a, b, c):
        """a * b + c, rounded once, on every machine."""
        return self.call(self._intrinsic("llvm.fma", VECTOR, VECTOR, VECTOR, VECTOR), [a, b, c])

    def larger(self, a, b):
        """a > b ? a : b, a single instruction on x86; a NaN in b stays."""
        return self.select(self.fcmp_ordered(">", a, b), a, b)

    def window(self, corner, width):
        """The four pixels of a 2 x 2 window of an image of so many columns, row by row."""
        numbers = (0, 1, width, width + 1)
        return [self.load(self.at(corner, VECTOR, n), typ=VECTOR, align=4) for n in numbers]

    def totals(self, vectors):
        """A vector of the sums over the lanes of up to sixteen vectors, in a fixed order."""
        vectors = [*vectors, *[constant(0.0)] * (LANES - len(vectors))]
        for size in (16, 8, 4, 2):  # partial sums of one vector, side by side; halved each time
            first = [n * size + k for n in range(2 * LANES // size) for k in range(size // 2)]
            halves = [constant_of(first), constant_of(n + size // 2 for n in first)]
            pairs = zip(vectors[::2], vectors[1::2], strict=True)
            vectors = [
                self.fadd(*(self.shuffle_vector(a, b, half) for half in halves)) for a, b in pairs
            ]
        return vectors[0]

    def add_to(self, place, vectors):
        """Add the sums over the lanes of up to sixteen vectors to as many floats in memory."""
        sums = self.totals(vectors)
        if len(vectors) == LANES:
            self.store(self.fadd(self.load(place, typ=VECTOR, align=4), sums), place, align=4)
            return
        for n in range(len(vectors)):
            own = self.at(place, FLOAT, n)
            total = self.extract_element(sums, INT(n))
            self.store(self.fadd(self.load(own, typ=FLOAT, align=4), total), own, align=4)

    def _intrinsic(self, name, result, *kinds):
        name = f"{name}.v{LANES}f32"
        known = self.module.globals.get(name)
        return known or ir.Function(self.module, ir.FunctionType(result, kinds), name)

    def relu(self, x):
        """max(x, 0); NaN stays NaN."""
        return self.larger(constant(0.0), x)

    def sigmoid(self, x):
        """1 / (1 + 2**(-x / ln 2)); absolute error below 2e-7, NaN stays NaN."""
        x = self.larger(constant(-87.0), x)  # beyond 87 the power would leave float32's range
        x = self.select(self.fcmp_ordered("<", constant(87.0), x), constant(87.0), x)
        # Adding 1.5 * 2**23 rounds to an integer, which the low bits of the sum then hold.
        magic, scale = constant(1.5 * 2**23), constant(-1.44269504)
        rounded = self.fma(x, scale, magic)
        fraction = self.fma(x, scale, self.fsub(magic, rounded))
        power = reduce(lambda p, c: self.fma(p, fraction, c), map(constant, EXP2))
        exponent = self.shl(self.bitcast(rounded, BITS), constant(23, BITS))
        power = self.bitcast(self.add(self.bitcast(power, BITS), exponent), VECTOR)
        return self.reciprocal(self.fadd(power, constant(1.0)))

    def reciprocal(self, d):
        """1 / d to rounding, for normal d and 1 / d; a third of the time of a vector division."""
        guess = self.sub(constant(0x7EF30000, BITS), self.bitcast(d, BITS))
        guess, minus = self.bitcast(guess, VECTOR), self.fneg(d)  # relative error 0.05
        error = self.fma(minus, guess, constant(1.0))
        guess = self.fma(guess, self.fma(error, error, error), guess)  # 1.3e-4
        error = self.fma(minus, guess, constant(1.0))
        return self.fma(guess, error, guess)

    def relu_derivative(self, y, gradient):
        """Gradient of the input, from relu's output and the gradient of that."""
        return self.select(self.fcmp_ordered(">", y, constant(0.0)), gradient, constant(0.0))

    def sigmoid_derivative(self, y, gradient):
        """Gradient of the input, from sigmoid's output and the gradient of that."""
        return self.fmul(gradient, self.fmul(y, self.fsub(constant(1.0), y)))


ACTIVATIONS = {"ReLU": Emitter.relu, "Sigmoid": Emitter.sigmoid}
DERIVATIVES = {"ReLU": Emitter.relu_derivative, "Sigmoid": Emitter.sigmoid_derivative}


def emit_activations(module):
    """Define each activation once, as a function that LLVM inlines: its input stays small."""
    for name, emit in ACTIVATIONS.items():
        function = ir.Function(module, ir.FunctionType(VECTOR, [VECTOR]), name)
        function.linkage = "internal"
        function.attributes.add("alwaysinline")
        e = Emitter(function.append_basic_block())
        e.ret(emit(e, function.args[0]))


def begin(module, name, pointers, *others):
    """The emitter of a new function that takes so many pointers, and then what else it takes."""
    function = ir.Function(module, ir.FunctionType(VOID, [POINTER] * pointers + [*others]), name)
    function.attributes.add("noinline")
    return Emitter(function.append_basic_block())
