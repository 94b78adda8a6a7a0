package dev.muster.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One running Muster with three demo nodes for all tests that do not kill it. Its heap is small on purpose. */
final class SharedProduct implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Product.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .computeIfAbsent(SharedProduct.class, key -> new Running(), Running.class)
                .product;
    }

    /** Stopped by JUnit after the last test. */
    private static final class Running implements AutoCloseable {
        private final Path dir;
        private final Product product;

        Running() {
            try {
                dir = Files.createTempDirectory("muster-e2e");
                product = Product.start(dir.resolve("data"), 3, "-Xmx384m");
            } catch (Exception e) {
                throw new AssertionError("Muster did not start", e);
            }
        }

        @Override
        public void close() throws java.io.IOException {
            product.close();
            Dirs.delete(dir);
        }
    }
}
