package dev.muster.registry.control;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import dev.muster.registry.liveness.LivenessSettings;
import dev.muster.registry.node.NodeLimits;
import dev.muster.registry.task.TaskLimits;
import java.util.ArrayList;
import java.util.List;

/** The rules by which the control app decides. A change affects only later decisions. */
public record ControlLimits(NodeLimits node, TaskLimits task, LivenessSettings liveness) {
    public static final List<Setting> SETTINGS = all();

    public static ControlLimits from(Env env) {
        return new ControlLimits(NodeLimits.from(env), TaskLimits.from(env), LivenessSettings.from(env));
    }

    private static List<Setting> all() {
        List<Setting> settings = new ArrayList<>(NodeLimits.SETTINGS);
        settings.addAll(TaskLimits.SETTINGS);
        settings.addAll(LivenessSettings.SETTINGS);
        return List.copyOf(settings);
    }
}
